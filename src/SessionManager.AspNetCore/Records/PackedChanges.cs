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
        if (values is Dictionary<string, SessionValue?> dictionary)
        {
            // The same without an enumerator on the heap.
            foreach (var (key, value) in dictionary)
            {
                _changes[i++] = (Encoding.UTF8.GetBytes(key), value);
            }
        }
        else
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

    public int Count => _changes.Length;

    public byte[] KeyOf(int i) => _changes[i].Key;

    public SessionValue? ValueOf(int i) => _changes[i].Value;
}
