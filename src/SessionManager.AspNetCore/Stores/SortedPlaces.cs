namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The places of a table's entries, sorted by a time and then by an id. The places are kept in sorted pieces. A place
/// takes 4 bytes, where a tree takes 64, and an addition or removal moves only the places of one piece. The class is
/// not thread-safe.
/// </summary>
/// <param name="table">The table. A sorted entry stays at its place.</param>
internal sealed class SortedPlaces<TKey, TEntry>(StableTable<TKey, TEntry> table)
    where TKey : IEquatable<TKey>
    where TEntry : struct, ITableEntry<TKey>, IOrderedEntry
{
    private const int PieceLength = 512;

    // Each user has an instance, and most instances have one entry.
    private readonly List<List<int>> _pieces = new(1);

    /// <summary>The number of places.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the entry at a place.</summary>
    public void Add(int place)
    {
        Count++;
        Insert(place);
    }

    /// <summary>Removes the entry at a place, which is sorted.</summary>
    public void Remove(int place)
    {
        var key = table[place].Order;
        var i = PieceOf(key);
        var piece = _pieces[i];
        piece.RemoveAt(CountBefore(piece, key));
        Count--;
        if (piece.Count == 0)
        {
            _pieces.RemoveAt(i);
        }
        else if (piece.Count < piece.Capacity / 4)
        {
            piece.TrimExcess();
        }
    }

    /// <summary>Returns the places of the entries before a key, from the last to the first; without a key, all places.
    /// There need not be an entry with the key.</summary>
    public IEnumerable<int> Before((long Time, Guid Id)? key)
    {
        for (var i = key is { } end ? PieceOf(end) : _pieces.Count - 1; i >= 0; i--)
        {
            var piece = _pieces[i];
            for (var j = (key is { } last ? CountBefore(piece, last) : piece.Count) - 1; j >= 0; j--)
            {
                yield return piece[j];
            }
        }
    }

    /// <summary>Returns the places of the entries after a key, from the first to the last; without a key, all places.
    /// There need not be an entry with the key.</summary>
    public IEnumerable<int> After((long Time, Guid Id)? key)
    {
        for (var i = key is { } start ? Math.Max(0, PieceOf(start)) : 0; i < _pieces.Count; i++)
        {
            var piece = _pieces[i];
            var j = key is { } first ? CountBefore(piece, first) : 0;
            if (j < piece.Count && table[piece[j]].Order == key)
            {
                j++;
            }

            for (; j < piece.Count; j++)
            {
                yield return piece[j];
            }
        }
    }

    private void Insert(int place)
    {
        if (_pieces.Count == 0)
        {
            _pieces.Add(NewPiece(place));
            return;
        }

        var key = table[place].Order;
        var i = Math.Max(0, PieceOf(key));
        var piece = _pieces[i];
        var index = CountBefore(piece, key);
        if (piece.Count < PieceLength)
        {
            piece.Insert(index, place);
        }
        else if (index == PieceLength)
        {
            // Most additions are at the end, so a full piece stays full.
            _pieces.Insert(i + 1, NewPiece(place));
        }
        else
        {
            var half = piece.GetRange(PieceLength / 2, PieceLength / 2);
            piece.RemoveRange(PieceLength / 2, PieceLength / 2);
            _pieces.Insert(i + 1, half);
            Insert(place);
        }
    }

    private static List<int> NewPiece(int place) => new(1) { place };

    // The last piece that begins at or before a key; -1 when there is none.
    private int PieceOf((long Time, Guid Id) key)
    {
        var (low, high) = (0, _pieces.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = table[_pieces[middle][0]].Order.CompareTo(key) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    // How many of a piece are before a key.
    private int CountBefore(List<int> piece, (long Time, Guid Id) key)
    {
        var (low, high) = (0, piece.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = table[piece[middle]].Order.CompareTo(key) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
