using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>The changed values of a commit in the order of the stored index.</summary>
internal readonly struct PackedChanges
{
    private readonly (byte[] Key, SessionValue? Value)[] _changes;

    public PackedChanges(IReadOnlyDictionary<string, SessionValue?>? values)
    {
        if (values is null or { Count: 0 })
        {
            _changes = [];
            return;
        }

        _changes = new (byte[], SessionValue?)[values.Count];
        var i = 0;

        // Its own enumerator: that of the interface would be on the heap.
        foreach (var (key, value) in values as Dictionary<string, SessionValue?> ?? new Dictionary<string, SessionValue?>(values, StringComparer.Ordinal))
        {
            _changes[i++] = (Encoding.UTF8.GetBytes(key), value);
        }

        Array.Sort(_changes, static (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
    }

    public int Count => _changes.Length;

    public byte[] KeyOf(int i) => _changes[i].Key;

    public SessionValue? ValueOf(int i) => _changes[i].Value;
}
