using System.Numerics;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// A hash table whose entries stay at their places, so a place of four bytes identifies an entry. The table never
/// pauses to grow: each new entry splits one bucket (linear hashing), and entries and buckets are allocated in chunks.
/// The table takes 4 bytes for each entry besides the entry. It is not thread-safe.
/// </summary>
/// <typeparam name="TKey">The key of an entry.</typeparam>
/// <typeparam name="TEntry">The type of the entries.</typeparam>
internal sealed class StableTable<TKey, TEntry>
    where TKey : IEquatable<TKey>
    where TEntry : struct, ITableEntry<TKey>
{
    private const int ChunkBits = 9;
    private const int ChunkLength = 1 << ChunkBits;

    // In Next: no entry follows; or the place is free, and this minus the next free one, or minus -1 at the last.
    private const int None = -1;
    private const int Free = -3;

    private readonly List<TEntry[]> _chunks = [];
    private readonly List<int[]> _buckets = [NewBuckets()];
    private int _bucketCount = 1;
    private int _free = None;

    /// <summary>The number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>The first place that was never in use.</summary>
    public int End { get; private set; }

    /// <summary>The greatest number of entries that one addition moved to another bucket.</summary>
    public int MostMoved { get; private set; }

    /// <summary>The entry at a place.</summary>
    public ref TEntry this[int place] => ref _chunks[place >> ChunkBits][place & (ChunkLength - 1)];

    /// <summary>Whether there is an entry at a place, which may be behind the last.</summary>
    public bool IsUsed(int place) => place < End && this[place].Next >= None;

    /// <summary>Returns the place of an entry; -1 when there is no such entry.</summary>
    public int Find(TKey key)
    {
        var place = BucketOf(key);
        while (place >= 0)
        {
            ref var entry = ref this[place];
            if (entry.Key.Equals(key))
            {
                return place;
            }

            place = entry.Next;
        }

        return None;
    }

    /// <summary>Adds an entry whose key is not in the table.</summary>
    /// <returns>The place, which the entry keeps until it is removed.</returns>
    public int Add(TEntry entry)
    {
        if (Count == _bucketCount)
        {
            Split();
        }

        var place = _free;
        if (place >= 0)
        {
            _free = Free - this[place].Next;
        }
        else
        {
            place = End++;
            if (place >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new TEntry[ChunkLength]);
            }
        }

        this[place] = entry;
        Link(place, ref BucketOf(entry.Key));
        Count++;
        return place;
    }

    /// <summary>Removes the entry at a place.</summary>
    public void Remove(int place)
    {
        ref var link = ref BucketOf(this[place].Key);
        if (link == place)
        {
            link = this[place].Next;
        }
        else
        {
            var before = link;
            while (this[before].Next != place)
            {
                before = this[before].Next;
            }

            this[before].Next = this[place].Next;
        }

        this[place] = new TEntry { Next = Free - _free };
        _free = place;
        Count--;
        if (Count == 0)
        {
            Reset();
        }
    }

    // Releases the memory that a rush of entries has taken.
    private void Reset()
    {
        _chunks.RemoveRange(1, _chunks.Count - 1);
        _buckets.RemoveRange(1, _buckets.Count - 1);
        _buckets[0].AsSpan().Fill(None);
        (_bucketCount, End, _free) = (1, 0, None);
    }

    // The new bucket gets the entries of one bucket whose hash has one more bit set.
    private void Split()
    {
        var added = _bucketCount;
        if (added >> ChunkBits == _buckets.Count)
        {
            _buckets.Add(NewBuckets());
        }

        var split = added - (1 << BitOperations.Log2((uint)added));
        _bucketCount++;
        var place = _buckets[split >> ChunkBits][split & (ChunkLength - 1)];
        _buckets[split >> ChunkBits][split & (ChunkLength - 1)] = None;
        for (var moved = 1; place >= 0; moved++)
        {
            var next = this[place].Next;
            Link(place, ref BucketOf(this[place].Key));
            place = next;
            MostMoved = Math.Max(MostMoved, moved);
        }
    }

    private void Link(int place, ref int bucket)
    {
        this[place].Next = bucket;
        bucket = place;
    }

    private ref int BucketOf(TKey key)
    {
        // Ids are random, but their hash need not be spread over its low bits.
        var hash = (uint)key.GetHashCode() * 2654435769u;
        hash ^= hash >> 15;
        hash *= 2246822519u;
        hash ^= hash >> 13;
        var mask = (uint)((1L << (BitOperations.Log2((uint)_bucketCount) + 1)) - 1);
        var bucket = hash & mask;
        if (bucket >= _bucketCount)
        {
            bucket = hash & (mask >> 1);
        }

        return ref _buckets[(int)(bucket >> ChunkBits)][bucket & (ChunkLength - 1)];
    }

    private static int[] NewBuckets()
    {
        var buckets = GC.AllocateUninitializedArray<int>(ChunkLength);
        buckets.AsSpan().Fill(None);
        return buckets;
    }
}
