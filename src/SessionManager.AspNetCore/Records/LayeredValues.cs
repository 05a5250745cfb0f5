using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>Values with changes laid over them; nothing of what did not change is copied.</summary>
internal sealed class LayeredValues : IReadOnlyDictionary<string, SessionValue>
{
    private readonly IReadOnlyDictionary<string, SessionValue> _below;
    private readonly IReadOnlyDictionary<string, SessionValue?> _changes;

    private LayeredValues(IReadOnlyDictionary<string, SessionValue> below, IReadOnlyDictionary<string, SessionValue?> changes)
    {
        _below = below;
        _changes = changes;
    }

    public int Count
    {
        get
        {
            var count = _below.Count;
            foreach (var (key, value) in _changes)
            {
                count += (value is null ? 0 : 1) - (_below.ContainsKey(key) ? 1 : 0);
            }

            return count;
        }
    }

    public IEnumerable<string> Keys => this.Select(entry => entry.Key);

    public IEnumerable<SessionValue> Values => this.Select(entry => entry.Value);

    public SessionValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

    /// <summary>The values as they are after the commit.</summary>
    public static IReadOnlyDictionary<string, SessionValue> Over(IReadOnlyDictionary<string, SessionValue> values, SessionCommit commit)
    {
        var below = commit.DropsValues ? PackedValues.Empty : values;
        if (commit.Values is not { Count: > 0 } changes)
        {
            return below;
        }

        if (below is not LayeredValues layered)
        {
            return new LayeredValues(below, changes);
        }

        // One layer is enough however often a request saves.
        var merged = new Dictionary<string, SessionValue?>(layered._changes, StringComparer.Ordinal);
        foreach (var (key, value) in changes)
        {
            merged[key] = value;
        }

        return new LayeredValues(layered._below, merged);
    }

    /// <summary>The bytes of all keys and values as they are after the commit.</summary>
    public static long ByteCountAfter(long byteCount, IReadOnlyDictionary<string, SessionValue> values, SessionCommit commit)
    {
        byteCount = commit.DropsValues ? 0 : byteCount;
        foreach (var (key, value) in commit.Values ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, SessionValue?>.Empty)
        {
            byteCount += value is { } added ? SizeOf(key, added) : 0;
            byteCount -= !commit.DropsValues && values.TryGetValue(key, out var replaced) ? SizeOf(key, replaced) : 0;
        }

        return byteCount;
    }

    public static long SizeOf(string key, SessionValue value) => Encoding.UTF8.GetByteCount(key) + value.Data.Length;

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out SessionValue value)
    {
        if (!_changes.TryGetValue(key, out var changed))
        {
            return _below.TryGetValue(key, out value);
        }

        value = changed.GetValueOrDefault();
        return changed.HasValue;
    }

    public IEnumerator<KeyValuePair<string, SessionValue>> GetEnumerator()
    {
        foreach (var (key, value) in _below)
        {
            if (!_changes.ContainsKey(key))
            {
                yield return KeyValuePair.Create(key, value);
            }
        }

        foreach (var (key, value) in _changes)
        {
            if (value is { } changed)
            {
                yield return KeyValuePair.Create(key, changed);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
