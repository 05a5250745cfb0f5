using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Turns the draft of a request into the commit of its changes.</summary>
internal sealed class DraftCommits(IOptions<SessionManagerOptions> options, SessionClock clock)
{
    private readonly bool _tracksClients = options.Value.TrackClientInfo;

    /// <summary>Creates the commit of a draft.</summary>
    /// <param name="session">The request's session.</param>
    /// <param name="draft">The draft.</param>
    /// <param name="stored">The record that the draft changes; <see langword="null"/> when the draft begins a
    /// session.</param>
    /// <param name="secret">The new secret; <see langword="null"/> when the secret stays.</param>
    /// <param name="admission">The terms of a sign-in.</param>
    public SessionCommit Describe(
        RequestSession session,
        SessionDraft draft,
        SessionRecord? stored,
        SessionSecretChange? secret,
        SignInAdmission admission = default)
    {
        var broughtHash = stored is null ? default : session.BroughtHash(stored);
        var touches = draft.SignsIn || session.Touches;
        return new SessionCommit
        {
            Id = stored?.Id ?? session.CurrentId(),
            Now = clock.Now,
            Base = stored,
            BroughtHash = broughtHash,
            Touches = touches,
            Identity = admission.Order is { } order ? draft.Identity! with { Order = order } : draft.Identity,
            Renewal = draft.Renewal,
            Secret = secret,
            Client = _tracksClients && (stored is null || draft.SignsIn) ? ClientInfo.Of(session.Context) : null,
            ExpectedClaim = admission.Claimed?.Claim,
            DropsValues = draft.Values.DropsStored,
            Values = draft.Values.Changes,
            Version = draft.VersionToLeave,
            IsRepeated = draft is { IsInDoubt: true, SignsOut: false, Ends: false },
        };
    }

    /// <summary>Returns the record that a save of the draft would leave.</summary>
    public SessionRecord Preview(RequestSession session, SessionDraft draft) =>
        draft.Stored is { } stored
            ? CommitRules.Apply(stored, Describe(session, draft, stored, secret: null), secretChanged: false)
            : CommitRules.Create(
                Describe(session, draft, null, new SessionSecretChange(default, default, Required: false)));
}
