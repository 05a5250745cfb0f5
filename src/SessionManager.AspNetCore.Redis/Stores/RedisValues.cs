using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>The values of a hash, read where they lie: a request that asks for none decodes none.</summary>
/// <param name="fields">The fields, each with a value that can be read.</param>
internal sealed class RedisValues(ReadOnlyMemory<HashEntry> fields) : IReadOnlyDictionary<string, SessionValue>
{
    // Up to here a look at each costs less than a table of all.
    private const int Few = 32;

    private Dictionary<string, HashEntry>? _table;

    public int Count => fields.Length <= Few ? fields.Length : Table.Count;

    public IEnumerable<string> Keys => this.Select(entry => entry.Key);

    public IEnumerable<SessionValue> Values => this.Select(entry => entry.Value);

    private Dictionary<string, HashEntry> Table => _table ??= Tabulate();

    public SessionValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out SessionValue value)
    {
        if (fields.Length > Few)
        {
            value = default;
            return Table.TryGetValue(key, out var entry) && TryRead(entry, out value);
        }

        Span<byte> buffer = stackalloc byte[256];
        var wanted = Encoding.UTF8.TryGetBytes(key, buffer, out var written) ? buffer[..written] : Encoding.UTF8.GetBytes(key);
        foreach (var entry in fields.Span)
        {
            if (RedisRecord.KeyOf(entry).Span.SequenceEqual(wanted))
            {
                return TryRead(entry, out value);
            }
        }

        value = default;
        return false;
    }

    public IEnumerator<KeyValuePair<string, SessionValue>> GetEnumerator()
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (TryRead(fields.Span[i], out var value))
            {
                yield return KeyValuePair.Create(Encoding.UTF8.GetString(RedisRecord.KeyOf(fields.Span[i]).Span), value);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Dictionary<string, HashEntry> Tabulate()
    {
        var table = new Dictionary<string, HashEntry>(fields.Length, StringComparer.Ordinal);
        foreach (var entry in fields.Span)
        {
            // A name that is no UTF-8 may look like another.
            table[Encoding.UTF8.GetString(RedisRecord.KeyOf(entry).Span)] = entry;
        }

        return table;
    }

    private static bool TryRead(HashEntry entry, out SessionValue value)
    {
        var read = RedisRecord.ReadValue(entry.Value);
        value = read.GetValueOrDefault();
        return read.HasValue;
    }
}
