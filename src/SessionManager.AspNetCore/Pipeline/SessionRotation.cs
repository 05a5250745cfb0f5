using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The timed rotation. When its interval has passed, one request that uses the session issues the next token with its response; the current
/// one stays until the next is first seen, and a few seconds more. Nobody is signed out by a response that is lost, and of requests in parallel
/// one issues the next token and the others go on with the current one.
/// </summary>
internal static class SessionRotation
{
    /// <summary>Whether the next token is to be issued with this response: where the session was used, and the response is not somebody's who
    /// never asked for it, as a file is.</summary>
    public static bool IsDue(RequestSession session) =>
        session.Pipeline.Options.TokenRotationInterval is { } interval
        && session is { IsUsed: true, MayRotate: true, TokenAge: TokenAge.Current, Record: { } record }
        && session.Pipeline.Now - record.SecretIssuedAt >= interval;

    /// <summary>Issues the next token if that is due, before the response starts. A failure costs nothing but the rotation: the token that was
    /// brought stays valid.</summary>
    public static ValueTask RunAsync(RequestSession session) =>
        IsDue(session) && !SessionSaver.IsConsentMissing(session) ? IssueAsync(session) : ValueTask.CompletedTask;

    /// <summary>The next token was seen: from here on it is the current one.</summary>
    public static async ValueTask PromoteAsync(RequestSession session, SessionRecord record)
    {
        var secret = new SessionSecretChange(session.Token.HashSecret(), default, Required: false) { Kind = SessionSecretChangeKind.Promote };
        await ChangeAsync(session, record, secret);
    }

    private static async ValueTask IssueAsync(RequestSession session)
    {
        await SessionSaver.EnterAsync(session.Changes, CancellationToken.None);
        try
        {
            if (IsDue(session) && session.Record is { } record)
            {
                await IssueAsync(session, record);
            }
        }
        finally
        {
            session.Changes.EndTurn(failure: null);
        }
    }

    private static async ValueTask IssueAsync(RequestSession session, SessionRecord record)
    {
        var token = SessionToken.NewFor(record.Id);
        var secret = new SessionSecretChange(token.HashSecret(), record.SecretHash, Required: false)
        {
            Kind = SessionSecretChangeKind.Issue,
            ExpectedNextHash = record.NextSecretHash,
        };
        if (await ChangeAsync(session, record, secret))
        {
            session.Response.IssueCookie(token);
            session.Pipeline.Logger.TokenRotated(record.Id);
            var rotated = session.Record!;
            session.Tell(() => session.Pipeline.Events.TokenRotatedAsync(rotated, session.Context));
        }
    }

    private static async ValueTask<bool> ChangeAsync(RequestSession session, SessionRecord record, SessionSecretChange secret)
    {
        var commit = new SessionCommit
        {
            Id = record.Id,
            Now = session.Pipeline.Now,
            Generation = record.Generation,
            Touches = session.Touches,
            Secret = secret,
        };
        try
        {
            var result = await session.Pipeline.Store.CommitAsync(commit);
            if (result is not { Outcome: SessionCommitOutcome.Committed, SecretChanged: true })
            {
                return false;
            }
        }
        catch (SessionStoreException exception)
        {
            session.Pipeline.Logger.StoreFailed("rotate", record.Id, exception.Message);
            return false;
        }

        session.Refresh(Records.CommitRules.Apply(record, commit, secretChanged: true));
        return true;
    }
}
