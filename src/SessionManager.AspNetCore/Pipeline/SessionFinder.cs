using System.Runtime.CompilerServices;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Finds the sessions of a user, and lists all sessions. The sessions that it returns may lack their
/// values.</summary>
internal sealed class SessionFinder(ObservedStore store, UserRevocations revocations)
{
    private const int PageSize = 64;

    /// <summary>Finds the sessions that a user is signed in to, owns or has claimed, and the sessions in which another
    /// user acts as this user. The result includes records that can't be read. A session that was revoked through the
    /// user's epoch has that end reason.</summary>
    /// <returns>The sessions in the order in which they started.</returns>
    public async ValueTask<IReadOnlyList<SessionLookup>> FindByUserAsync(
        string userId, CancellationToken cancellationToken)
    {
        var sessions = new List<SessionLookup>();
        foreach (var stored in await store.FindByUserAsync(userId, cancellationToken))
        {
            var found = HeaderCodec.Decode(stored);
            if (found.Status == SessionLookupStatus.Pointer)
            {
                found = HeaderCodec.Decode(await store.LoadAsync(HeaderCodec.TargetOf(stored), cancellationToken));
                if (found.Record is not { IsActing: true } acting
                    || !string.Equals(acting.UserId, userId, StringComparison.Ordinal))
                {
                    continue;
                }
            }

            sessions.Add(found);
        }

        return await revocations.JudgeAllAsync(sessions, cancellationToken);
    }

    /// <summary>Finds the sessions for which a provider vouched, by the id of the session at the provider, or else by
    /// the user there. The result includes the records of a newer version that a pointer leads to. A session that was
    /// revoked through its user's epoch has that end reason.</summary>
    public async ValueTask<IReadOnlyList<SessionLookup>> FindByProviderAsync(
        ProviderSession provider, CancellationToken cancellationToken)
    {
        var sessions = new List<SessionLookup>();
        var pointers = (await store.FindByUserAsync(ProviderPointers.IndexesOf(provider).First(), cancellationToken))
            .Where(stored => HeaderCodec.Decode(stored).Status == SessionLookupStatus.Pointer)
            .Select(HeaderCodec.TargetOf);
        foreach (var group in SessionBatches.Of(pointers))
        {
            var loads = group.Select(id => store.LoadAsync(id, cancellationToken).AsTask());
            sessions.AddRange((await Task.WhenAll(loads))
                .Select(HeaderCodec.Decode)
                .Where(found => found.Status == SessionLookupStatus.Newer
                    || provider.Names(found.Record?.Terms?.Provider)));
        }

        return await revocations.JudgeAllAsync(sessions, cancellationToken);
    }

    /// <summary>Lists the living sessions page by page. The session that started last comes first.</summary>
    public async IAsyncEnumerable<SessionRecord> ListAsync(
        SessionPosition? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await store.ListAsync(after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var stored in page)
            {
                var found = await revocations.JudgeAsync(HeaderCodec.Decode(stored), cancellationToken);
                if (found.Living is { } record)
                {
                    yield return record;
                }
            }

            after = SessionPosition.Of(page[^1]);
        }
    }
}
