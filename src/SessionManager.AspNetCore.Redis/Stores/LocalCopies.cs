using System.Text;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The content of the records that this process saw last, up to a number of bytes. The copy that was not used for
/// longest goes first. A copy is never served as it is: the server is asked each time whether its content is what is
/// stored. So a copy may be old, and never wrong.
/// </summary>
/// <param name="capacity">The most bytes; 0: no copies are kept.</param>
/// <param name="leastBytes">The fewest bytes that a record must hold to be copied.</param>
internal sealed class LocalCopies(long capacity, int leastBytes)
{
    // What objects and entries of tables take, besides what they hold.
    private const int BytesOfRecord = 600;
    private const int BytesOfValue = 140;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, LinkedListNode<LocalCopy>> _copies = [];
    private readonly LinkedList<LocalCopy> _order = new();
    private long _bytes;

    /// <summary>Whether copies are kept.</summary>
    public bool IsOn => capacity > 0;

    /// <summary>The bytes that the copies take.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The copy of a record; <see langword="null"/> when there is none.</summary>
    public LocalCopy? Find(Guid id)
    {
        if (!IsOn)
        {
            return null;
        }

        lock (_lock)
        {
            if (!_copies.TryGetValue(id, out var node))
            {
                return null;
            }

            _order.Remove(node);
            _order.AddLast(node);
            return node.Value;
        }
    }

    /// <summary>Keeps a record as it was loaded. Drops the copy of a record that is small, can't be read or is
    /// gone.</summary>
    /// <param name="id">The session.</param>
    /// <param name="record">The record.</param>
    /// <param name="content">Its content.</param>
    public void Keep(Guid id, StoredRecord record, long content)
    {
        if (IsOn)
        {
            Put(id, record.IsFound && content != 0 ? CopyOf(record.Session!, content) : null);
        }
    }

    /// <summary>Keeps a record as a write has left it, if that is known, and drops its copy otherwise.</summary>
    public void Keep(SessionWrite write)
    {
        if (!IsOn)
        {
            return;
        }

        var before = write.ExpectedVersion == 0 ? null : Find(write.Id)?.Session;
        var isKnown = write.DropsValues || write.ExpectedVersion == (before?.Version ?? 0);
        Keep(write.Id, new StoredRecord(isKnown && !write.IsTombstone ? Apply(write, before) : null), write.NewVersion);
    }

    /// <summary>Keeps a copy as a load found it.</summary>
    public void Keep(LocalCopy copy) => Put(copy.Session.Id, copy);

    // The caller's bytes may be a part of something larger, so they are copied.
    private static StoredSession Apply(SessionWrite write, StoredSession? before)
    {
        var after = write.ApplyTo(before);
        return new StoredSession
        {
            Id = after.Id,
            Version = after.Version,
            Header = after.Header.ToArray(),
            LastSeenAt = after.LastSeenAt,
            StartedAt = after.StartedAt,
            ValueBytes = after.Values.Sum(
                static value => (long)Encoding.UTF8.GetByteCount(value.Key) + value.Value.Length),
            Values = after.Values.ToDictionary(
                static value => value.Key,
                value => write.Values.ContainsKey(value.Key) ? value.Value.ToArray() : value.Value,
                StringComparer.Ordinal),
        };
    }

    private LocalCopy? CopyOf(StoredSession session, long content)
    {
        var held = session.Header.Length
            + session.Values.Sum(static value => (2L * value.Key.Length) + value.Value.Length);
        var bytes = BytesOfRecord + (BytesOfValue * session.Values.Count) + held;
        return held < leastBytes || bytes > capacity ? null : new LocalCopy(session, content, bytes);
    }

    private void Put(Guid id, LocalCopy? copy)
    {
        lock (_lock)
        {
            DropLocked(id);
            if (copy is null)
            {
                return;
            }

            _copies[id] = _order.AddLast(copy);
            _bytes += copy.Bytes;
            while (_bytes > capacity)
            {
                DropLocked(_order.First!.Value.Session.Id);
            }
        }
    }

    private void DropLocked(Guid id)
    {
        if (_copies.Remove(id, out var node))
        {
            _order.Remove(node);
            _bytes -= node.Value.Bytes;
        }
    }
}
