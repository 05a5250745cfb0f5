using System.Numerics;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The sessions that this process remembers, by id. A hash table whose entries stay at their place, so that four bytes name one: it takes 44 to
/// 48 bytes a session, where a <see cref="Dictionary{TKey, TValue}"/> takes 52 to 104, by how full it is. Not for several threads at once.
/// </summary>
/// <param name="longest">How long a session can live.</param>
internal sealed class KnownSessions(TimeSpan longest)
{
    private const int ChunkBits = 9;
    private const int ChunkLength = 1 << ChunkBits;

    private readonly List<KnownSession[]> _chunks = [];
    private int[] _buckets = NewBuckets(16);
    private int _used;
    private int _free = -1;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>In what units, in milliseconds, <see cref="KnownSession.SeenAfter"/> counts: one, unless sessions can live for more
    /// than 49 days.</summary>
    public long Unit { get; } = 1 + (long)(longest.TotalMilliseconds / uint.MaxValue);

    /// <summary>The session at a place.</summary>
    public ref KnownSession this[int place] => ref _chunks[place >> ChunkBits][place & (ChunkLength - 1)];

    /// <summary>The places of all.</summary>
    public IEnumerable<int> Places => PlacesIn(_buckets);

    /// <summary>When a session was last known to be used, in Unix milliseconds.</summary>
    public long SeenOf(in KnownSession session) => session.Started + (session.SeenAfter * Unit);

    /// <summary>Sets when a session began and was last used.</summary>
    public void SetTimes(int place, long started, long seen)
    {
        ref var session = ref this[place];
        (session.Started, session.SeenAfter) = (started, (uint)Math.Clamp((seen - started) / Unit, 0, uint.MaxValue));
    }

    /// <summary>The place of a session; -1 when it is not there.</summary>
    public int Find(Guid id)
    {
        var place = BucketOf(id);
        while (place >= 0)
        {
            ref var session = ref this[place];
            if (session.Id == id)
            {
                return place;
            }

            place = session.Next;
        }

        return -1;
    }

    /// <summary>Adds a session that is not there.</summary>
    /// <returns>Its place, until it is removed.</returns>
    public int Add(Guid id)
    {
        if (Count == _buckets.Length)
        {
            Grow();
        }

        var place = _free;
        if (place >= 0)
        {
            _free = this[place].Next;
        }
        else
        {
            place = _used++;
            if (place >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new KnownSession[ChunkLength]);
            }
        }

        this[place] = new KnownSession { Id = id };
        Link(place);
        Count++;
        return place;
    }

    /// <summary>Removes the session at a place.</summary>
    public void Remove(int place)
    {
        ref var link = ref BucketOf(this[place].Id);
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

        Count--;
        if (Count == 0)
        {
            // Of a rush that is over nothing stays.
            _chunks.Clear();
            (_buckets, _used, _free) = (NewBuckets(16), 0, -1);
            return;
        }

        this[place] = new KnownSession { Next = _free };
        _free = place;
    }

    private void Grow()
    {
        var buckets = _buckets;
        _buckets = NewBuckets(2 * buckets.Length);
        foreach (var place in PlacesIn(buckets))
        {
            Link(place);
        }
    }

    // The next one is known before one is given out, which may then be linked anew.
    private IEnumerable<int> PlacesIn(int[] buckets)
    {
        foreach (var bucket in buckets)
        {
            for (var place = bucket; place >= 0;)
            {
                var next = this[place].Next;
                yield return place;
                place = next;
            }
        }
    }

    private void Link(int place)
    {
        ref var bucket = ref BucketOf(this[place].Id);
        this[place].Next = bucket;
        bucket = place;
    }

    // Ids are random, but their hash need not be spread over its low bits.
    private ref int BucketOf(Guid id) =>
        ref _buckets[(int)(((uint)id.GetHashCode() * 2654435769u) >> (32 - BitOperations.Log2((uint)_buckets.Length)))];

    private static int[] NewBuckets(int length)
    {
        var buckets = GC.AllocateUninitializedArray<int>(length);
        buckets.AsSpan().Fill(-1);
        return buckets;
    }
}
