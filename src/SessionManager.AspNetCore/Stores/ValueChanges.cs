using System.Runtime.InteropServices;
using System.Text;

namespace SessionManager.AspNetCore.Stores;

/// <summary>The changed values of a write in the order of the stored index.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct ValueChanges
{
    private readonly (byte[] Key, ReadOnlyMemory<byte>? Value)[] _changes;

    public ValueChanges(IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> values)
    {
        _changes = values.Count == 0 ? [] : new (byte[], ReadOnlyMemory<byte>?)[values.Count];
        var i = 0;
        if (values is Dictionary<string, ReadOnlyMemory<byte>?> dictionary)
        {
            // The enumerator of the interface would be on the heap.
            foreach (var (key, value) in dictionary)
            {
                _changes[i++] = (Encoding.UTF8.GetBytes(key), value);
            }
        }
        else if (i < _changes.Length)
        {
            foreach (var (key, value) in values)
            {
                _changes[i++] = (Encoding.UTF8.GetBytes(key), value);
            }
        }

        if (_changes.Length > 1)
        {
            Array.Sort(_changes, static (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
        }
    }

    /// <summary>How many changes there are.</summary>
    public int Count => _changes.Length;

    /// <summary>The key of a change.</summary>
    public byte[] KeyOf(int i) => _changes[i].Key;

    /// <summary>The value that is set; <see langword="null"/> when the key is removed.</summary>
    public ReadOnlyMemory<byte>? ValueOf(int i) => _changes[i].Value;
}
