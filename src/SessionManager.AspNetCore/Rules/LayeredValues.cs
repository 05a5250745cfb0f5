using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace SessionManager.AspNetCore.Rules;

/// <summary>Values with changes on top. Unchanged values are not copied.</summary>
internal sealed class LayeredValues : IReadOnlyDictionary<string, ReadOnlyMemory<byte>>
{
    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _below;
    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> _changes;

    private LayeredValues(
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> below,
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes)
    {
        _below = below;
        _changes = changes;
    }

    /// <summary>No values.</summary>
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> None { get; } =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <summary>No changes.</summary>
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> NoChanges { get; } =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, ReadOnlyMemory<byte>?>.Empty;

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

    public IEnumerable<ReadOnlyMemory<byte>> Values => this.Select(entry => entry.Value);

    public ReadOnlyMemory<byte> this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

    /// <summary>Returns the values after a commit.</summary>
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Over(
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> values, SessionCommit commit)
    {
        var below = commit.DropsValues ? None : values;
        if (commit.Values is not { Count: > 0 } changes)
        {
            return below;
        }

        if (below is not LayeredValues layered)
        {
            return new LayeredValues(below, changes);
        }

        // The layers are merged, so there is one layer however often a request saves.
        var merged = new Dictionary<string, ReadOnlyMemory<byte>?>(layered._changes, StringComparer.Ordinal);
        foreach (var (key, value) in changes)
        {
            merged[key] = value;
        }

        return new LayeredValues(layered._below, merged);
    }

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out ReadOnlyMemory<byte> value)
    {
        if (!_changes.TryGetValue(key, out var changed))
        {
            return _below.TryGetValue(key, out value);
        }

        value = changed.GetValueOrDefault();
        return changed.HasValue;
    }

    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator()
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
