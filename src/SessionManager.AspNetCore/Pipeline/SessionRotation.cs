using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Rotates tokens by time. After the interval, one request that uses the session issues the next token with its
/// response. The current token stays valid until a request sends the next token, and a few seconds longer. A lost
/// response therefore signs no user out, and parallel requests go on with the current token.
/// </summary>
internal sealed class SessionRotation(
    IOptions<SessionManagerOptions> options,
    SessionRepository sessions,
    SessionEvents events,
    SessionCookie cookie,
    SessionClock clock,
    OutageLog outages,
    ILogger<SessionRotation> logger)
{
    private readonly TimeSpan? _interval = options.Value.TokenRotationInterval;

    /// <summary>Issues the next token before the response starts, if the rotation is due. If the save fails, the
    /// current token stays valid.</summary>
    public ValueTask RunAsync(RequestSession session) =>
        IsDue(session) && !cookie.IsConsentMissing(session.Context) ? IssueAsync(session) : ValueTask.CompletedTask;

    /// <summary>Whether this response issues the next token. It does only if the request used the session and is not a
    /// request for a file.</summary>
    public bool IsDue(RequestSession session) =>
        _interval is { } interval
        && session is { Progress.IsUsed: true, MayRotate: true, TokenKind: TokenKind.Current, Record: { } record }
        && clock.Now - record.SecretIssuedAt >= interval;

    /// <summary>Makes the next token the current token, because a request has sent it.</summary>
    public async ValueTask PromoteAsync(RequestSession session, SessionRecord record) =>
        await ChangeAsync(session, record, new SessionSecretChange(session.Token.HashSecret(), default, Required: false)
        {
            Kind = SessionSecretChangeKind.Promote,
        });

    private async ValueTask IssueAsync(RequestSession session)
    {
        await session.Changes.EnterAsync(CancellationToken.None);
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

    private async ValueTask IssueAsync(RequestSession session, SessionRecord record)
    {
        var token = SessionToken.NewFor(record.Id);
        var secret = new SessionSecretChange(token.HashSecret(), record.SecretHash, Required: false)
        {
            Kind = SessionSecretChangeKind.Issue,
            ExpectedNextHash = record.NextSecretHash,
        };
        if (await ChangeAsync(session, record, secret) is { } rotated)
        {
            session.Response.IssueCookie(token);
            logger.TokenRotated(record.Id);
            session.Tell(() => events.TokenRotatedAsync(rotated, session.Context));
        }
    }

    private async ValueTask<SessionRecord?> ChangeAsync(
        RequestSession session, SessionRecord record, SessionSecretChange secret)
    {
        var commit = new SessionCommit
        {
            Id = record.Id,
            Now = clock.Now,
            Base = record,
            BroughtHash = session.BroughtHash(record),
            Touches = session.Touches,
            Secret = secret,
        };
        try
        {
            var result = await sessions.CommitAsync(commit, CancellationToken.None);
            if (result is not { Outcome: SessionCommitOutcome.Committed, SecretChanged: true })
            {
                return null;
            }

            var rotated = result.AfterOf(commit);
            session.Refresh(rotated);
            return rotated;
        }
        catch (SessionStoreException exception)
        {
            outages.RequestFailed("rotate", record.Id, exception);
            return null;
        }
    }
}
