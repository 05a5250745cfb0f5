using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What a request changed so far, and what it sees of the session with that. Calls take effect in order; what is left at the
/// end is their net effect. Pure: the I/O is <see cref="SessionSaver"/>'s.
/// </summary>
/// <param name="stored">The stored session the request works on, or <see langword="null"/> while there is none.</param>
internal sealed class SessionDraft(SessionRecord? stored)
{
    private SessionRecord? _stored = stored;
    private int _count = stored?.Values.Count ?? 0;
    private long _bytes = stored?.ValueBytes ?? 0;
    private bool _clears;

    /// <summary>Whether the stored session is to be ended, before anything below, which then begins a fresh one.</summary>
    public bool Ends { get; private set; }

    /// <summary>Whether a sign-out was asked for, which is carried out whatever else becomes of the request.</summary>
    public bool SignsOut { get; private set; }

    /// <summary>Whether a sign-in was asked for, which begins a fresh session when it loses a race.</summary>
    public bool SignsIn { get; private set; }

    public bool Rotates { get; private set; }

    /// <summary>Whether a user who acts as another one is to be the signed-in user again.</summary>
    public bool EndsImpersonation { get; private set; }

    public bool DropsValues { get; private set; }

    public SessionIdentity? Identity { get; private set; }

    public Dictionary<string, SessionValue?> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The token a save gives out. Made once, so that a save that is tried again is recognised by the store.</summary>
    public SessionToken? NewToken { get; set; }

    /// <summary>Whether a save of a new token failed, so that it may have been applied or not. Saved again as it is, it is applied once;
    /// what was added meanwhile would not be.</summary>
    public bool IsInDoubt { get; private set; }

    /// <summary>The session this goes on in, though the request's token no longer opens it: a sign-in of the same user replaced that token.</summary>
    public SessionRecord? Recognised { get; private set; }

    /// <summary>Whether the new token is to open the session beside the one that replaced the request's: either may be what the browser keeps
    /// of two answers.</summary>
    public bool SharesSession => Recognised is not null && SignsIn && Identity is { MovesGeneration: false };

    /// <summary>The stored session as far as it still counts.</summary>
    public SessionRecord? Stored => Ends ? null : _stored;

    public string? UserId => Identity is null ? Stored?.UserId : Identity.UserId;

    /// <summary>What is kept of the user beside the id.</summary>
    public ReadOnlyMemory<byte> Principal => Identity is null ? Stored?.Principal ?? default : Identity.Principal;

    /// <summary>Whether a session is to be begun though no value is left: <c>ISession.Set</c> establishes one, and the framework relies on
    /// that.</summary>
    public bool Establishes { get; private set; }

    /// <summary>Whether the session that this was made on turned out to have ended: it can't be saved there, nor begin another one.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Whether there is a session, or a save would begin one.</summary>
    public bool HasSession => Stored is not null || BeginsSession;

    public bool BeginsSession => Stored is null && (!IsLost || SignsIn) && (UserId is not null || Values.Count > 0 || Establishes);

    public bool IsEmpty => !Ends && !Rotates && !DropsValues && Identity is null && Values.Count == 0 && !BeginsSession;

    public IEnumerable<string> Keys =>
        (DropsValues ? [] : Stored?.Values.Keys ?? []).Where(key => !Values.ContainsKey(key))
            .Concat(Values.Where(change => change.Value is not null).Select(change => change.Key));

    public bool TryGet(string key, out SessionValue value)
    {
        if (Values.TryGetValue(key, out var changed))
        {
            value = changed.GetValueOrDefault();
            return changed.HasValue;
        }

        value = default;
        return !DropsValues && Stored?.Values.TryGetValue(key, out value) == true;
    }

    /// <summary>Sets a value, unless that would exceed a limit.</summary>
    public void Set(string key, int keyLength, SessionValue value, bool establishes, SessionManagerOptions options)
    {
        ThrowIfExceeded(key, keyLength, value, options);
        Put(key, keyLength, value, establishes);
    }

    /// <summary>Sets a value that was found to be within the limits.</summary>
    public void Put(string key, int keyLength, SessionValue value, bool establishes)
    {
        (_count, _bytes) = After(key, keyLength, value);
        Values[key] = value;
        Establishes |= establishes && Stored is null;
    }

    /// <summary>Refuses a value that would make the session larger than it may be.</summary>
    public void ThrowIfExceeded(string key, int keyLength, SessionValue value, SessionManagerOptions options)
    {
        var (count, bytes) = After(key, keyLength, value);
        if (count > options.MaxKeys)
        {
            throw new SessionValueException(
                $"The value '{SessionKey.Printable(key)}' would be the session's {count}th, and the limit is {options.MaxKeys}. Remove values that are not needed, or raise MaxKeys.");
        }

        if (bytes > options.MaxSessionBytes)
        {
            throw new SessionValueException(
                $"The value '{SessionKey.Printable(key)}' would make the session {bytes} bytes large, and the limit is {options.MaxSessionBytes}. Store less, or raise MaxSessionBytes.");
        }
    }

    public bool Remove(string key, int keyLength)
    {
        if (!TryGet(key, out var removed))
        {
            return false;
        }

        _count--;
        _bytes -= keyLength + removed.Data.Length;
        if (Stored is null)
        {
            Values.Remove(key);
        }
        else
        {
            // Also when this request has added it: another may have stored the same key meanwhile, and the last one wins.
            Values[key] = null;
        }

        return true;
    }

    public void RemoveAll()
    {
        DropAll();
        _clears = DropsValues;
    }

    /// <summary>Signs a user in. The same user by the same scheme is signed in again; anybody else replaces who was there.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="details">What to keep beside the id.</param>
    /// <param name="keepsTicket">Whether the ticket that is kept of the same user and scheme stays.</param>
    /// <param name="schemes">Which schemes there are.</param>
    /// <param name="keepValues">Whether values of an anonymous session stay.</param>
    /// <param name="now">When.</param>
    /// <param name="recognised">The session whose last sign-in replaced the request's token, if that was only just.</param>
    public void SignIn(
        string userId,
        SignInDetails details,
        bool keepsTicket,
        SessionSchemes schemes,
        bool keepValues,
        DateTimeOffset now,
        SessionRecord? recognised = null)
    {
        if (SharesSession && !IsAgain(UserId, Principal))
        {
            Leave();
        }
        else if (recognised is not null
            && this is { _stored: null, Identity: null, IsLost: false }
            && IsAgain(recognised.UserId, recognised.Principal))
        {
            GoOnIn(recognised, keepValues);
        }

        var owner = Identity?.OwnerId ?? Stored?.OwnerId;
        // A user somebody acted as has not signed in so far.
        var kept = Principal;
        var acting = ActorFrame.Is(kept);
        var sameUser = !acting && string.Equals(UserId, userId, StringComparison.Ordinal);
        if (!sameUser && (acting || !keepValues || (owner is not null && !string.Equals(owner, userId, StringComparison.Ordinal))))
        {
            DropAll();
        }

        var again = sameUser && IsAgain(UserId, kept);
        var moves = Identity?.MovesGeneration == true || !again;
        Identity = new SessionIdentity(userId, userId, AuthenticatedAt: now, StartedAt: now, MovesGeneration: moves)
        {
            Principal = again && keepsTicket ? kept : details.Write(),
        };
        (SignsIn, Rotates, EndsImpersonation) = (true, Stored is not null, false);

        bool IsAgain(string? user, ReadOnlyMemory<byte> principal) =>
            string.Equals(user, userId, StringComparison.Ordinal) && schemes.AreOfOne(SignInDetails.Read(principal), details);
    }

    public void SignOut(ClearSessionScope scope)
    {
        if (UserId is not { } userId)
        {
            return;
        }

        // Who acts as another one is signed out as well, and whoever comes next finds nothing of either.
        if (scope == ClearSessionScope.Everything || ActorFrame.Is(Principal))
        {
            RemoveAll();
        }

        Identity = new SessionIdentity(null, userId, AuthenticatedAt: null, Identity?.StartedAt, MovesGeneration: true);
        (SignsOut, SignsIn, Rotates, EndsImpersonation) = (true, false, Stored is not null, false);
    }

    /// <summary>Makes the user who acts the signed-in one again, with the values that were set aside.</summary>
    public void EndImpersonation()
    {
        if (ActorFrame.Read(Principal) is not { } actor)
        {
            return;
        }

        RemoveAll();
        Identity = new SessionIdentity(actor.UserId, actor.UserId, Stored?.AuthenticatedAt, StartedAt: null, MovesGeneration: true)
        {
            Principal = actor.Principal,
        };
        foreach (var (key, value) in actor.Values)
        {
            Put(key, System.Text.Encoding.UTF8.GetByteCount(key), value, establishes: false);
        }

        (Rotates, EndsImpersonation) = (true, true);
    }

    public void Rotate() => Rotates |= Stored is not null;

    public void End()
    {
        Ends |= _stored is not null;
        Values.Clear();
        (Identity, NewToken, IsInDoubt) = (null, null, false);
        (DropsValues, SignsIn, SignsOut, Rotates, Establishes, IsLost, _clears, EndsImpersonation) = (false, false, false, false, false, false, false, false);
        (_count, _bytes) = (0, 0);
    }

    /// <summary>The same changes, to be added to while these are saved.</summary>
    public SessionDraft Clone()
    {
        var copy = new SessionDraft(_stored)
        {
            Recognised = Recognised,
            Ends = Ends,
            SignsOut = SignsOut,
            SignsIn = SignsIn,
            Rotates = Rotates,
            DropsValues = DropsValues,
            Identity = Identity,
            Establishes = Establishes,
            IsLost = IsLost,
            EndsImpersonation = EndsImpersonation,
            _clears = _clears,
            _count = _count,
            _bytes = _bytes,
        };
        foreach (var (key, value) in Values)
        {
            copy.Values[key] = value;
        }

        return copy;
    }

    /// <summary>The same changes on the session as another sign-in of the same user has left it. What that sign-in has dropped is not dropped
    /// again: what is there by now is the user's.</summary>
    public SessionDraft GoingOnIn(SessionRecord record)
    {
        var copy = Clone();
        (copy._stored, copy.Recognised, copy.DropsValues) = (record, record, _clears);
        copy.Identity = Identity! with { MovesGeneration = false };
        copy.Count();
        return copy;
    }

    /// <summary>The session that this was made on has ended.</summary>
    public void Lose()
    {
        IsLost |= _stored is not null && !Ends;
        _stored = null;
    }

    /// <summary>A save of this failed.</summary>
    public void Doubt() => IsInDoubt = NewToken is not null;

    /// <summary>What remains when the handler failed: an end or a sign-out, and nothing else.</summary>
    public SessionDraft? EndingsOnly(ClearSessionScope scope)
    {
        var rest = new SessionDraft(_stored) { Recognised = Recognised };
        if (Ends)
        {
            rest.End();
        }
        else if (SignsOut)
        {
            rest.SignOut(scope);
        }

        return rest.IsEmpty ? null : rest;
    }

    /// <summary>Puts the changes on top of the stored session as it is by now.</summary>
    public void Rebase(SessionRecord record)
    {
        _stored = record;
        Count();
    }

    /// <summary>The same changes for a session of their own, after the stored one was lost to another request.</summary>
    /// <param name="carriesValues">Whether the values the request saw go with it.</param>
    public SessionDraft ForFreshSession(bool carriesValues)
    {
        var fresh = new SessionDraft(null) { SignsIn = SignsIn, Identity = Identity };
        foreach (var key in carriesValues ? Keys : Values.Keys)
        {
            if (TryGet(key, out var value))
            {
                fresh.Values[key] = value;
                fresh._count++;
                fresh._bytes += LayeredValues.SizeOf(key, value);
            }
        }

        return fresh;
    }

    // Its values are the user's already, so only what this request stored as nobody may have to go.
    private void GoOnIn(SessionRecord record, bool keepValues)
    {
        if (!keepValues)
        {
            Values.Clear();
        }

        (_stored, Recognised) = (record, record);
        Count();
    }

    // For another user, who has no part in that session: the sign-in to it never was.
    private void Leave()
    {
        (_stored, Recognised, Identity) = (null, null, null);
        (SignsIn, Rotates, _clears) = (false, false, false);
        DropAll();
    }

    private void DropAll()
    {
        Values.Clear();
        DropsValues = Stored is not null;
        (_count, _bytes) = (0, 0);
    }

    private void Count()
    {
        _count = Keys.Count();
        _bytes = Keys.Sum(key => TryGet(key, out var value) ? LayeredValues.SizeOf(key, value) : 0);
    }

    private (int Count, long Bytes) After(string key, int keyLength, SessionValue value)
    {
        var exists = TryGet(key, out var replaced);
        return (exists ? _count : _count + 1, _bytes + value.Data.Length + (exists ? -replaced.Data.Length : keyLength));
    }
}
