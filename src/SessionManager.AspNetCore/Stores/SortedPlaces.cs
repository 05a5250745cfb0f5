namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Sessions by when they began, and those of one millisecond by their ids. Kept in sorted pieces: an entry takes 4 bytes (in a tree it is 64),
/// and one that is added or removed moves a piece's others at most.
/// </summary>
/// <param name="sessions">The sessions. While one is in order it stays at its place, and its beginning as it is.</param>
internal sealed class SessionOrder(KnownSessions sessions)
{
    private const int PieceLength = 512;

    private readonly List<List<int>> _pieces = [];

    /// <summary>Adds the session at a place.</summary>
    public void Add(int place)
    {
        if (_pieces.Count == 0)
        {
            _pieces.Add([place]);
            return;
        }

        var key = KeyOf(place);
        var i = Math.Max(0, PieceOf(key));
        var piece = _pieces[i];
        var index = CountBefore(piece, key);
        if (piece.Count < PieceLength)
        {
            piece.Insert(index, place);
        }
        else if (index == PieceLength)
        {
            // The usual one is the newest: what is full stays full.
            _pieces.Insert(i + 1, [place]);
        }
        else
        {
            var half = piece.GetRange(PieceLength / 2, PieceLength / 2);
            piece.RemoveRange(PieceLength / 2, PieceLength / 2);
            _pieces.Insert(i + 1, half);
            Add(place);
        }
    }

    /// <summary>Removes the session at a place, which is in order.</summary>
    public void Remove(int place)
    {
        var key = KeyOf(place);
        var i = PieceOf(key);
        var piece = _pieces[i];
        piece.RemoveAt(CountBefore(piece, key));
        if (piece.Count == 0)
        {
            _pieces.RemoveAt(i);
        }
        else if (piece.Count < piece.Capacity / 4)
        {
            piece.TrimExcess();
        }
    }

    /// <summary>The places of the sessions, the newest first, behind one that may be gone.</summary>
    public IEnumerable<int> Behind(SessionMember? after)
    {
        (long, Guid)? last = after is { } member ? (member.AdmittedAt.ToUnixTimeMilliseconds(), member.Id) : null;
        for (var i = last is { } start ? PieceOf(start) : _pieces.Count - 1; i >= 0; i--)
        {
            var piece = _pieces[i];
            for (var j = (last is { } key ? CountBefore(piece, key) : piece.Count) - 1; j >= 0; j--)
            {
                yield return piece[j];
            }
        }
    }

    private (long Started, Guid Id) KeyOf(int place)
    {
        ref var session = ref sessions[place];
        return (session.Started, session.Id);
    }

    // The last piece that begins at or before a key; -1 when there is none.
    private int PieceOf((long Started, Guid Id) key)
    {
        var (low, high) = (0, _pieces.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = KeyOf(_pieces[middle][0]).CompareTo(key) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    // How many of a piece are before a key.
    private int CountBefore(List<int> piece, (long Started, Guid Id) key)
    {
        var (low, high) = (0, piece.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = KeyOf(piece[middle]).CompareTo(key) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
