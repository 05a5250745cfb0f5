using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The changes that a request has made to its session and not saved yet. The draft keeps their net effect.
/// <see cref="SessionSaver"/> saves the draft.
/// </summary>
/// <param name="stored">The stored session; <see langword="null"/> when there is none.</param>
internal sealed class SessionDraft(SessionRecord? stored)
{
    /// <summary>The stored session, even when the draft ends it; <see langword="null"/> when there is none.</summary>
    public SessionRecord? Base { get; set; } = stored;

    /// <summary>Whether a save ends the stored session. All later changes then begin another session.</summary>
    public bool Ends { get; private set; }

    /// <summary>Whether a save signs the user out. A sign-out takes effect even if the request fails.</summary>
    public bool SignsOut { get; set; }

    /// <summary>Whether <see cref="SignsOut"/> follows from a rejected principal. Such a sign-out leaves a later
    /// sign-in alone.</summary>
    public bool IsRejection { get; set; }

    /// <summary>Whether a save signs a user in. A sign-in that loses a race begins another session.</summary>
    public bool SignsIn { get; set; }

    public bool Rotates { get; set; }

    /// <summary>Whether a save ends an impersonation.</summary>
    public bool EndsImpersonation { get; set; }

    public SessionIdentity? Identity { get; set; }

    /// <summary>The renewal of the stored sign-in; <see langword="null"/> when there is none, or when
    /// <see cref="Identity"/> replaces the sign-in.</summary>
    public SignInRenewal? Renewal { get; set; }

    public DraftValues Values { get; set; } = new(stored);

    /// <summary>The token that a save issues. The draft keeps the token, so that the rules recognise a repeated save by
    /// its secret.</summary>
    public SessionToken? NewToken { get; set; }

    /// <summary>The version that a save writes; 0 when there is none yet. The draft keeps the version, so that the
    /// store recognises a repeated save.</summary>
    public long NewVersion { get; private set; }

    /// <summary>The version that the next save writes; 0 when a repeated save need not be recognised, so that any
    /// version will do.</summary>
    public long VersionToLeave => NewToken is null ? 0
        : NewVersion != 0 ? NewVersion
        : NewVersion = SessionRepository.NewVersion();

    /// <summary>Whether a save of a new token failed, and it is not known whether the save was applied. The same draft
    /// is saved again without any addition, and is applied once.</summary>
    public bool IsInDoubt { get; private set; }

    /// <summary>The session that the request's token no longer opens, because a sign-in of the same user replaced the
    /// token. The changes are saved in this session.</summary>
    public SessionRecord? Recognised { get; set; }

    /// <summary>The session to sign out of, or to end, although the request's token no longer opens it, because the
    /// user has just replaced the token. No other change of the request is saved in that session.</summary>
    public SessionRecord? Replaced { get; private set; }

    /// <summary>Whether <see cref="Replaced"/> is ended.</summary>
    public bool DestroysReplaced { get; private set; }

    /// <summary>Whether the new token opens the session beside the token that replaced the request's token. The browser
    /// keeps one of the two tokens, and either must open the session.</summary>
    public bool SharesSession => Recognised is not null && SignsIn && Identity is { MovesGeneration: false };

    /// <summary>The stored session; <see langword="null"/> when there is none, or when the draft ends it.</summary>
    public SessionRecord? Stored => Ends ? null : Base;

    public string? UserId => Identity is null ? Stored?.UserId : Identity.UserId;

    /// <summary>The data of the sign-in beside the user id.</summary>
    public ReadOnlyMemory<byte> Principal =>
        Identity is null ? Renewal?.Principal ?? Stored?.Principal ?? default : Identity.Principal;

    /// <summary>Whether the stored session has ended meanwhile. The changes can neither be saved in that session nor
    /// begin another session.</summary>
    public bool IsLost { get; set; }

    /// <summary>Whether there is a session, or a save begins a session.</summary>
    public bool HasSession => Stored is not null || BeginsSession;

    public bool BeginsSession => Stored is null
        && (!IsLost || SignsIn)
        && (UserId is not null || Values is { Changes.Count: > 0 } or { Establishes: true });

    public bool IsEmpty => Identity is null
        && Renewal is null
        && Values is { DropsStored: false, Changes.Count: 0 }
        && !(Ends || Rotates || BeginsSession || Replaced is not null);

    /// <summary>Returns the change of the secret that a save makes. The change replaces only the secret of the given
    /// record. A slow request with a dead token therefore gets no living token.</summary>
    public SessionSecretChange ChangeSecretOf(SessionRecord stored)
    {
        NewToken ??= SessionToken.NewFor(stored.Id);
        return new SessionSecretChange(
            NewToken.Value.HashSecret(), stored.SecretHash, Required: SignsIn || SignsOut || EndsImpersonation)
        {
            // The next secret is issued only if there is none yet. A next secret belongs to another click.
            Kind = SharesSession ? SessionSecretChangeKind.Issue : SessionSecretChangeKind.Replace,
        };
    }

    /// <summary>Signs the user out of <see cref="Replaced"/>, or ends it.</summary>
    public void EndReplaced(SessionRecord replaced, bool destroys) =>
        (Replaced, DestroysReplaced) = (replaced, DestroysReplaced || destroys);

    public void Rotate() => Rotates |= Stored is not null;

    public void End()
    {
        Ends |= Base is not null;
        Values = new DraftValues(null);
        (Identity, Renewal, NewToken, NewVersion, IsInDoubt, IsLost) = (null, null, null, 0, false, false);
        (SignsIn, SignsOut, Rotates, EndsImpersonation, IsRejection) = (false, false, false, false, false);
    }

    /// <summary>Returns a copy that takes further changes while this draft is saved.</summary>
    public SessionDraft Clone() => new(Base)
    {
        Values = Values.Clone(),
        Recognised = Recognised,
        Replaced = Replaced,
        DestroysReplaced = DestroysReplaced,
        Ends = Ends,
        SignsOut = SignsOut,
        IsRejection = IsRejection,
        SignsIn = SignsIn,
        Rotates = Rotates,
        Identity = Identity,
        Renewal = Renewal,
        IsLost = IsLost,
        EndsImpersonation = EndsImpersonation,
    };

    /// <summary>Returns the same changes on the session that another sign-in of the same user has left. That sign-in
    /// has dropped the values of the user before, so the remaining values belong to the user and stay.</summary>
    public SessionDraft GoingOnIn(SessionRecord record)
    {
        var copy = Clone();
        (copy.Base, copy.Recognised) = (record, record);
        copy.Identity = Identity! with { MovesGeneration = false };
        if (!copy.Ends)
        {
            copy.Values.RebaseKeepingValues(record);
        }

        return copy;
    }

    /// <summary>Takes the stored session away, because it has ended.</summary>
    public void Lose()
    {
        IsLost |= Base is not null && !Ends;
        Base = null;
        Values.Detach();
    }

    /// <summary>Marks the draft as in doubt after a failed save, if the save issued a token.</summary>
    public void Doubt() => IsInDoubt = NewToken is not null;

    /// <summary>Returns a draft with the end or the sign-out alone; <see langword="null"/> when there is neither. They
    /// take effect even if the handler fails.</summary>
    public SessionDraft? EndingsOnly(ClearSessionScope scope)
    {
        var rest = new SessionDraft(Base)
        {
            Recognised = Recognised,
            Replaced = Replaced,
            DestroysReplaced = DestroysReplaced,
        };
        if (Ends)
        {
            rest.End();
        }
        else if (SignsOut)
        {
            rest.SignOut(scope);
            rest.IsRejection = IsRejection;
        }

        return rest.IsEmpty ? null : rest;
    }

    /// <summary>Puts the changes on the current stored session.</summary>
    public void Rebase(SessionRecord record)
    {
        Base = record;
        if (!Ends)
        {
            Values.Rebase(record);
        }
    }

    /// <summary>Returns the same changes for a new session, after another request has replaced or ended the stored
    /// session.</summary>
    /// <param name="carriesValues">Whether the stored values that the request saw are copied to the new
    /// session.</param>
    public SessionDraft ForFreshSession(bool carriesValues) => new(null)
    {
        SignsIn = SignsIn,
        Identity = Identity,
        Values = Values.ForNewSession(carriesValues),
    };
}
