using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The stored session of a request: the result of the load and of all saves since. It is a structure, because every
/// request has one. The lock of <see cref="RequestSession"/> guards it.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct SessionState
{
    private SessionRecord? _record;
    private volatile SessionCommit? _committed;
    private bool _isTokenFresh;

    // A byte, because the enumeration would take four bytes in every request.
    private byte _previousEnd;

    public LoadState LoadState { get; set; }

    /// <summary>Whether a load runs that no code uses yet.</summary>
    public bool IsBeingLoaded { get; set; }

    /// <summary>Whether the request had no session cookie at all.</summary>
    public bool CameWithoutCookie { get; set; }

    /// <summary>The token of the request, or the token that a save issued.</summary>
    public SessionToken Token { get; private set; }

    public TokenKind TokenKind { get; private set; }

    /// <summary>The reason why the session of the cookie is not there; 0 when no session is missing.</summary>
    public readonly SessionEndReason PreviousEnd => (SessionEndReason)_previousEnd;

    /// <summary>The record that was last read from the store.</summary>
    public readonly SessionRecord? Loaded => _record;

    /// <summary>Whether that record includes the changes that this request has saved.</summary>
    public readonly bool IsCurrent => _committed is null;

    /// <summary>Applies the saved changes of this request to the record. The record is updated only when it is read,
    /// because most requests don't read it after a commit.</summary>
    /// <param name="sync">The lock.</param>
    public SessionRecord? CatchUp(object sync)
    {
        lock (sync)
        {
            if (_committed is { } commit)
            {
                _record = CommitRules.Apply(_record!, commit, secretChanged: false);
                _committed = null;
            }

            return _record;
        }
    }

    /// <summary>Accepts the result of a load, unless another load was faster.</summary>
    public bool TryAccept(in LoadedSession loaded)
    {
        if (LoadState != LoadState.NotLoaded)
        {
            return false;
        }

        (LoadState, Token, TokenKind, _record) = (loaded.LoadState, loaded.Token, loaded.TokenKind, loaded.Record);
        (_previousEnd, _isTokenFresh, IsBeingLoaded) = ((byte)(loaded.PreviousEnd ?? default), false, false);
        return true;
    }

    /// <summary>Sets the stored record and the token that opens it.</summary>
    public void Put(SessionRecord record, SessionToken token) =>
        (_record, _committed, Token, _isTokenFresh) = (record, null, token, false);

    /// <summary>Sets the stored record, the commit that has changed it, and the token that opens it.</summary>
    public void Put(SessionRecord record, SessionToken token, SessionCommit? commit)
    {
        Put(record, token);
        _committed = commit;
    }

    /// <summary>Forgets the stored session.</summary>
    public void Forget() => (_record, _committed) = (null, null);

    /// <summary>Forgets the stored session, because it has ended.</summary>
    public void Lose(SessionEndReason reason)
    {
        Forget();
        _previousEnd = (byte)reason;
    }

    /// <summary>Returns the id of a session that this request begins.</summary>
    public Guid FreshId()
    {
        if (!_isTokenFresh)
        {
            // The token of the request opens nothing. The new token is not sent before its session is saved.
            (Token, _isTokenFresh) = (SessionToken.NewFor(SessionToken.NewId()), true);
        }

        return Token.Id;
    }

    /// <summary>Gives another id to the next session that this request begins.</summary>
    public void ForgetFreshToken() => _isTokenFresh = false;
}
