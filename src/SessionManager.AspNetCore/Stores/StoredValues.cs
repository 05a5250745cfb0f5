using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The values of a stored record, read where they lie. A lookup is a binary search over the keys, and checks one value.
/// A damaged value is absent, and costs no other value.
/// </summary>
/// <param name="index">The index of the values.</param>
/// <param name="damaged">Told the session's id when a value turns out to be damaged.</param>
internal sealed class StoredValues(ValueIndex index, Action<Guid>? damaged)
    : IReadOnlyDictionary<string, ReadOnlyMemory<byte>>
{
    private const int StackedKey = 256;

    /// <summary>No values.</summary>
    public static StoredValues Empty { get; } = new(ValueIndex.Empty, damaged: null);

    public int Count => index.Count;

    public IEnumerable<string> Keys => this.Select(entry => entry.Key);

    public IEnumerable<ReadOnlyMemory<byte>> Values => this.Select(entry => entry.Value);

    public ReadOnlyMemory<byte> this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out ReadOnlyMemory<byte> value)
    {
        value = default;
        if (index.Count == 0)
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[StackedKey];
        var wanted = Encoding.UTF8.TryGetBytes(key, buffer, out var written)
            ? buffer[..written]
            : Encoding.UTF8.GetBytes(key);
        var isRead = index.TryRead(wanted, out value, out var isDamaged);
        if (isDamaged)
        {
            damaged?.Invoke(index.SessionId);
        }

        return isRead;
    }

    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator()
    {
        for (var place = 0; place < index.Count; place++)
        {
            if (index.TryRead(place, out var value))
            {
                yield return KeyValuePair.Create(index.KeyTextAt(place), value);
            }
            else
            {
                damaged?.Invoke(index.SessionId);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
