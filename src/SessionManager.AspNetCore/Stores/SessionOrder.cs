namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Sessions by when they began, and those of one millisecond by their ids. Kept in sorted pieces: an entry takes 24 bytes (in a tree it is 64),
/// and one that is added or removed moves a piece's others at most.
/// </summary>
internal sealed class SessionOrder
{
    private const int PieceLength = 512;

    private readonly List<List<(long Started, Guid Id)>> _pieces = [];

    public void Add(long started, Guid id)
    {
        var entry = (started, id);
        var i = Math.Max(0, PieceOf(entry));
        if (_pieces.Count == 0)
        {
            _pieces.Add([]);
        }

        var piece = _pieces[i];
        var place = piece.BinarySearch(entry);
        if (place >= 0)
        {
            return;
        }

        if (piece.Count < PieceLength)
        {
            piece.Insert(~place, entry);
        }
        else if (~place == PieceLength)
        {
            // The usual one is the newest: what is full stays full.
            _pieces.Insert(i + 1, [entry]);
        }
        else
        {
            var half = piece.GetRange(PieceLength / 2, PieceLength / 2);
            piece.RemoveRange(PieceLength / 2, PieceLength / 2);
            _pieces.Insert(i + 1, half);
            Add(started, id);
        }
    }

    public void Remove(long started, Guid id)
    {
        var entry = (started, id);
        if (PieceOf(entry) is >= 0 and var i && _pieces[i].BinarySearch(entry) is >= 0 and var place)
        {
            _pieces[i].RemoveAt(place);
            if (_pieces[i].Count == 0)
            {
                _pieces.RemoveAt(i);
            }
            else if (_pieces[i].Count < _pieces[i].Capacity / 4)
            {
                _pieces[i].TrimExcess();
            }
        }
    }

    /// <summary>The sessions, the newest first, behind one that may be gone.</summary>
    public IEnumerable<(long Started, Guid Id)> Behind(SessionMember? after)
    {
        (long, Guid)? last = after is { } member ? (member.AdmittedAt.ToUnixTimeMilliseconds(), member.Id) : null;
        for (var i = last is { } start ? PieceOf(start) : _pieces.Count - 1; i >= 0; i--)
        {
            var piece = _pieces[i];
            var place = last is { } entry ? piece.BinarySearch(entry) : piece.Count;
            for (var j = (place < 0 ? ~place : place) - 1; j >= 0; j--)
            {
                yield return piece[j];
            }
        }
    }

    // The last piece that begins at or before an entry; -1 when there is none.
    private int PieceOf((long Started, Guid Id) entry)
    {
        var (low, high) = (0, _pieces.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _pieces[middle][0].CompareTo(entry) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
