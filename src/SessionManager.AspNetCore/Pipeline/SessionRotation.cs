using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The timed rotation, between load and handler. When its interval has passed, one request issues the next token; the current one
/// stays until the next is first seen, and a few seconds more. Nobody is signed out by a response that is lost, and of requests in parallel
/// one issues the next token and the others go on with the current one.
/// </summary>
internal static class SessionRotation
{
    /// <summary>Whether there is something to do for the token a request brought.</summary>
    public static bool IsDue(RequestSession session, LoadedSession loaded) =>
        loaded.Record is { } record
        && (loaded.TokenAge == TokenAge.Next
            || (loaded.TokenAge == TokenAge.Current
                && session.Pipeline.Options.TokenRotationInterval is { } interval
                && session.Pipeline.Now - record.SecretIssuedAt >= interval
                && !session.Context.Response.HasStarted));

    /// <summary>Promotes the next token, or issues one. A failure costs nothing but the rotation: the token that was brought stays valid.</summary>
    public static async ValueTask RunAsync(RequestSession session, LoadedSession loaded)
    {
        try
        {
            if (loaded.TokenAge == TokenAge.Next)
            {
                await PromoteAsync(session, loaded.Record!);
            }
            else
            {
                await IssueAsync(session, loaded.Record!);
            }
        }
        catch (SessionStoreException exception)
        {
            session.Pipeline.Logger.StoreFailed("rotate", loaded.Token.Id, exception.Message);
        }
    }

    private static async ValueTask PromoteAsync(RequestSession session, SessionRecord record)
    {
        var secret = new SessionSecretChange(session.Token.HashSecret(), default, Required: false) { Kind = SessionSecretChangeKind.Promote };
        await ChangeAsync(session, record, secret);
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
            await session.Pipeline.Events.TokenRotatedAsync(session.Record!, session.Context);
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
        var result = await session.Pipeline.Store.CommitAsync(commit);
        if (result is not { Outcome: SessionCommitOutcome.Committed, SecretChanged: true })
        {
            return false;
        }

        session.Adopt(Records.CommitRules.Apply(record, commit, secretChanged: true), session.Token);
        return true;
    }
}
