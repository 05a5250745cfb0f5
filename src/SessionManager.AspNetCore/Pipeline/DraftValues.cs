using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The values that a request has changed, on top of the values of the stored session.</summary>
/// <param name="stored">The stored session; <see langword="null"/> when there is none.</param>
internal sealed class DraftValues(SessionRecord? stored)
{
    private SessionRecord? _stored = stored;
    private int _count = stored?.Values.Count ?? 0;
    private long _bytes = stored?.ValueBytes ?? 0;
    private bool _isCleared;

    /// <summary>The values that were set. A removed key has <see langword="null"/>.</summary>
    public Dictionary<string, ReadOnlyMemory<byte>?> Changes { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether all stored values are removed.</summary>
    public bool DropsStored { get; private set; }

    /// <summary>Whether a session is begun even when no value is left. <c>ISession.Set</c> begins a session, and the
    /// framework relies on that.</summary>
    public bool Establishes { get; private set; }

    /// <summary>Whether limits are checked. They are not while changes are made again, because a change that was
    /// accepted is not refused later. The default is <see langword="true"/>.</summary>
    public bool ChecksLimits { get; set; } = true;

    public IEnumerable<string> Keys =>
        (DropsStored ? [] : _stored?.Keys ?? []).Where(key => !Changes.ContainsKey(key))
            .Concat(Changes.Where(change => change.Value is not null).Select(change => change.Key));

    public bool TryGet(string key, out SessionValue value)
    {
        if (Changes.TryGetValue(key, out var changed))
        {
            value = new SessionValue(changed.GetValueOrDefault());
            return changed.HasValue;
        }

        value = default;
        return !DropsStored && _stored?.TryGetValue(key, out value) == true;
    }

    /// <summary>Sets a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="keyLength">The number of bytes of the key in UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="establishes">Whether the value begins a session even if it is removed before the save.</param>
    /// <param name="limits">The options whose limits are checked while <see cref="ChecksLimits"/>;
    /// <see langword="null"/> when no limit is checked.</param>
    /// <exception cref="SessionValueException">The value would make the session larger than the limits
    /// allow.</exception>
    public void Set(
        string key, int keyLength, SessionValue value, bool establishes = false, SessionManagerOptions? limits = null)
    {
        var exists = TryGet(key, out var replaced);
        var count = exists ? _count : _count + 1;
        var bytes = _bytes + value.Data.Length + (exists ? -replaced.Data.Length : keyLength);
        if (limits is not null && ChecksLimits && (count > limits.MaxKeys || bytes > limits.MaxSessionBytes))
        {
            throw TooLarge(key, count, bytes, limits);
        }

        (_count, _bytes) = (count, bytes);
        Changes[key] = value.Stored;
        Establishes |= establishes && _stored is null;
    }

    public bool Remove(string key, int keyLength)
    {
        if (!TryGet(key, out var removed))
        {
            return false;
        }

        _count--;
        _bytes -= keyLength + removed.Data.Length;
        if (_stored is null)
        {
            Changes.Remove(key);
        }
        else
        {
            // A removal is stored even for a value that this request has added: another request may have stored a value
            // under the same key meanwhile, and the last change wins.
            Changes[key] = null;
        }

        return true;
    }

    /// <summary>Removes all values at the request of the application.</summary>
    public void Clear()
    {
        DropAll();
        _isCleared = DropsStored;
    }

    /// <summary>Removes all values because the user changes.</summary>
    public void DropAll()
    {
        Changes.Clear();
        DropsStored = _stored is not null;
        (_count, _bytes) = (0, 0);
    }

    /// <summary>Puts the changes on another stored session.</summary>
    public void Rebase(SessionRecord record)
    {
        _stored = record;
        Count();
    }

    /// <summary>Takes the stored session away. The changes stay.</summary>
    public void Detach() => _stored = null;

    /// <summary>Puts the changes on a session in which another sign-in has dropped values. These changes drop its
    /// values only if the application has removed all values.</summary>
    public void RebaseKeepingValues(SessionRecord record)
    {
        DropsStored = _isCleared;
        Rebase(record);
    }

    /// <summary>Leaves the session of another user, and discards the changes.</summary>
    public void Leave()
    {
        (_stored, _isCleared) = (null, false);
        DropAll();
    }

    /// <summary>Returns a copy with the same changes.</summary>
    public DraftValues Clone()
    {
        var copy = new DraftValues(_stored)
        {
            DropsStored = DropsStored,
            Establishes = Establishes,
            _isCleared = _isCleared,
            _count = _count,
            _bytes = _bytes,
        };
        foreach (var (key, value) in Changes)
        {
            copy.Changes[key] = value;
        }

        return copy;
    }

    /// <summary>Returns the values for a new session.</summary>
    /// <param name="carriesStored">Whether the stored values go with the changes.</param>
    public DraftValues ForNewSession(bool carriesStored)
    {
        var values = new DraftValues(null);
        foreach (var key in carriesStored ? Keys : Changes.Keys)
        {
            if (TryGet(key, out var value))
            {
                values.Changes[key] = value.Stored;
                values._count++;
                values._bytes += SessionValue.SizeOf(key, value.Stored);
            }
        }

        return values;
    }

    private void Count()
    {
        _count = Keys.Count();
        _bytes = Keys.Sum(key => TryGet(key, out var value) ? SessionValue.SizeOf(key, value.Stored) : 0);
    }

    private static SessionValueException TooLarge(string key, int count, long bytes, SessionManagerOptions limits) =>
        new(count > limits.MaxKeys
            ? $"The value '{SessionKey.Printable(key)}' would be value {count} of the session, and the limit is "
                + $"{limits.MaxKeys}. Remove values that are not needed, or raise MaxKeys."
            : $"The value '{SessionKey.Printable(key)}' would make the session {bytes} bytes large, and the limit "
                + $"is {limits.MaxSessionBytes}. Store less, or raise MaxSessionBytes.");
}
