using System.Runtime.InteropServices;
using System.Text;

namespace SessionManager.AspNetCore.Stores;

/// <summary>The changed values of a write in the order of the stored index.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct ValueChanges
{
    // The only change, as most writes have it: it needs no array.
    private readonly (byte[] Key, ReadOnlyMemory<byte>? Value) _last;
    private readonly (byte[] Key, ReadOnlyMemory<byte>? Value)[] _changes;

    public ValueChanges(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> values)
    {
        Count = values.Count;
        _changes = Count <= 1 ? [] : new (byte[], ReadOnlyMemory<byte>?)[Count];
        var i = 0;
        if (values is Dictionary<string, ReadOnlyMemory<byte>?> dictionary)
        {
            // The enumerator of the interface would be on the heap.
            foreach (var (key, value) in dictionary)
            {
                _last = (Encoding.UTF8.GetBytes(key), value);
                Put(_changes, i++, _last);
            }
        }
        else if (Count > 0)
        {
            foreach (var (key, value) in values)
            {
                _last = (Encoding.UTF8.GetBytes(key), value);
                Put(_changes, i++, _last);
            }
        }

        if (_changes.Length > 1)
        {
            Array.Sort(_changes, static (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
        }
    }

    /// <summary>How many changes there are.</summary>
    public int Count { get; }

    /// <summary>The key of a change.</summary>
    public byte[] KeyOf(int i) => Count == 1 ? _last.Key : _changes[i].Key;

    /// <summary>The value that is set; <see langword="null"/> when the key is removed.</summary>
    public ReadOnlyMemory<byte>? ValueOf(int i) => Count == 1 ? _last.Value : _changes[i].Value;

    private static void Put(
        (byte[], ReadOnlyMemory<byte>?)[] changes, int i, in (byte[], ReadOnlyMemory<byte>?) change)
    {
        if (changes.Length > 0)
        {
            changes[i] = change;
        }
    }
}
