using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>The values of a hash, read where they lie: a request that asks for none decodes none.</summary>
/// <param name="fields">The fields of the values.</param>
internal sealed class RecordValues(ReadOnlyMemory<HashEntry> fields) : IReadOnlyDictionary<string, ReadOnlyMemory<byte>>
{
    // Up to this number, a look at each field costs less than a table of all.
    private const int Few = 32;

    private Dictionary<string, ReadOnlyMemory<byte>>? _table;

    public int Count => fields.Length;

    public IEnumerable<string> Keys => this.Select(entry => entry.Key);

    public IEnumerable<ReadOnlyMemory<byte>> Values => this.Select(entry => entry.Value);

    private Dictionary<string, ReadOnlyMemory<byte>> Table => _table ??= Tabulate();

    public ReadOnlyMemory<byte> this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out ReadOnlyMemory<byte> value)
    {
        if (fields.Length > Few)
        {
            return Table.TryGetValue(key, out value);
        }

        Span<byte> buffer = stackalloc byte[256];
        var wanted = Encoding.UTF8.TryGetBytes(key, buffer, out var written) ? buffer[..written] : Encoding.UTF8.GetBytes(key);
        foreach (var entry in fields.Span)
        {
            if (KeyOf(entry).Span.SequenceEqual(wanted))
            {
                value = entry.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator()
    {
        for (var i = 0; i < fields.Length; i++)
        {
            var entry = fields.Span[i];
            yield return KeyValuePair.Create(Encoding.UTF8.GetString(KeyOf(entry).Span), (ReadOnlyMemory<byte>)entry.Value);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Dictionary<string, ReadOnlyMemory<byte>> Tabulate()
    {
        var table = new Dictionary<string, ReadOnlyMemory<byte>>(fields.Length, StringComparer.Ordinal);
        foreach (var entry in fields.Span)
        {
            table.Add(Encoding.UTF8.GetString(KeyOf(entry).Span), entry.Value);
        }

        return table;
    }

    private static ReadOnlyMemory<byte> KeyOf(HashEntry entry) => ((ReadOnlyMemory<byte>)entry.Name)[1..];
}
