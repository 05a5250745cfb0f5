using System.Text;
using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Changes the user of a draft: sign-in, sign-out and the end of an impersonation.</summary>
internal static class DraftSignIn
{
    /// <summary>Signs a user in. A sign-in of the same user by the same scheme renews the sign-in. Any other sign-in
    /// changes the user.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="signIn">The sign-in.</param>
    /// <param name="schemes">The authentication schemes.</param>
    /// <param name="keepValues">Whether the values of an anonymous session stay.</param>
    /// <param name="recognised">The session whose last sign-in has just replaced the request's token; otherwise
    /// <see langword="null"/>.</param>
    public static void SignIn(
        this SessionDraft draft,
        UserSignIn signIn,
        SessionSchemes schemes,
        bool keepValues,
        SessionRecord? recognised = null)
    {
        var userId = signIn.UserId;
        if (draft.SharesSession && !IsAgain(draft.UserId, draft.Principal))
        {
            Leave(draft);
        }
        else if (recognised is { Former.Kind: FormerSecretKind.Replaced, IsActing: false }
            && draft is { Base: null, Identity: null, IsLost: false }
            && IsAgain(recognised.UserId, recognised.Principal))
        {
            GoOnIn(draft, recognised, keepValues);
        }

        var owner = draft.Identity?.OwnerId ?? draft.Stored?.OwnerId;
        // A user as whom another user acted has not signed in yet.
        var kept = draft.Principal;
        var acting = ActorFrame.Is(kept);
        var sameUser = !acting && string.Equals(draft.UserId, userId, StringComparison.Ordinal);
        var ownedByAnother = owner is not null && !string.Equals(owner, userId, StringComparison.Ordinal);
        if (!sameUser && (acting || !keepValues || ownedByAnother))
        {
            draft.Values.DropAll();
        }

        var again = sameUser && IsAgain(draft.UserId, kept);
        var moves = draft.Identity?.MovesGeneration == true || !again;
        draft.Identity = new SessionIdentity(
            userId, userId, AuthenticatedAt: signIn.Now, StartedAt: signIn.Now, MovesGeneration: moves)
        {
            Principal = again && signIn.KeepsTicket ? kept : signIn.Details.Write(),
            Terms = signIn.Terms,
        };
        draft.Renewal = null;
        (draft.SignsIn, draft.Rotates, draft.EndsImpersonation) = (true, draft.Stored is not null, false);

        bool IsAgain(string? user, ReadOnlyMemory<byte> principal) =>
            string.Equals(user, userId, StringComparison.Ordinal)
            && schemes.AreOfOne(SignInDetails.Read(principal), signIn.Details);
    }

    /// <summary>Renews the sign-in that the draft leaves.</summary>
    public static void Renew(this SessionDraft draft, SignInRenewal renewal)
    {
        if (draft.Identity is { UserId: not null } identity)
        {
            draft.Identity = identity with { Principal = renewal.Principal ?? identity.Principal };
        }
        else if (draft.UserId is not null)
        {
            draft.Renewal = draft.Renewal?.Then(renewal) ?? renewal;
        }
    }

    /// <summary>Signs the user out whose stored principal was rejected. A user who has signed in since stays.</summary>
    public static void Reject(this SessionDraft draft, ClearSessionScope scope)
    {
        if (draft is { Identity: null, UserId: not null })
        {
            draft.SignOut(scope);
            draft.IsRejection = true;
        }
    }

    public static void SignOut(this SessionDraft draft, ClearSessionScope scope)
    {
        if (draft.UserId is not { } userId)
        {
            return;
        }

        // The sign-out of an impersonation signs both users out, so the next user finds no values of either user.
        if (scope == ClearSessionScope.Everything || ActorFrame.Is(draft.Principal))
        {
            draft.Values.Clear();
        }

        draft.Identity = new SessionIdentity(
            null, userId, AuthenticatedAt: null, draft.Identity?.StartedAt, MovesGeneration: true);
        draft.Renewal = null;
        (draft.SignsOut, draft.SignsIn, draft.EndsImpersonation, draft.IsRejection) = (true, false, false, false);
        draft.Rotates = draft.Stored is not null;
    }

    /// <summary>Ends an impersonation. The acting user is the signed-in user again, with the values that were set
    /// aside.</summary>
    public static void EndImpersonation(this SessionDraft draft)
    {
        if (ActorFrame.Read(draft.Principal) is not { } actor)
        {
            return;
        }

        draft.Values.Clear();
        draft.Identity = new SessionIdentity(
            actor.UserId, actor.UserId, draft.Stored?.AuthenticatedAt, StartedAt: null, MovesGeneration: true)
        {
            Principal = actor.Principal,
        };
        draft.Renewal = null;
        foreach (var (key, value) in actor.Values)
        {
            draft.Values.Set(key, Encoding.UTF8.GetByteCount(key), value);
        }

        (draft.Rotates, draft.EndsImpersonation) = (true, true);
    }

    // The stored values belong to the user. Only the values that this request stored anonymously may have to go.
    private static void GoOnIn(SessionDraft draft, SessionRecord record, bool keepValues)
    {
        if (!keepValues)
        {
            draft.Values.Changes.Clear();
        }

        (draft.Base, draft.Recognised) = (record, record);
        draft.Values.Rebase(record);
    }

    // Takes back the sign-in to a session that belongs to another user.
    private static void Leave(SessionDraft draft)
    {
        (draft.Base, draft.Recognised, draft.Identity) = (null, null, null);
        (draft.SignsIn, draft.Rotates) = (false, false);
        draft.Values.Leave();
    }
}
