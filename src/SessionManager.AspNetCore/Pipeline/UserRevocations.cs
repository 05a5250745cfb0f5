using System.Security.Cryptography;
using System.Text;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Revokes sessions that the store can't find. A session keeps the epoch that its user had at the sign-in, and a
/// revocation gives the user another epoch. A store that finds all sessions of a user has no epochs, and then this
/// class does nothing.
/// </summary>
internal sealed class UserRevocations(StoreFeatures features, SessionLifetime lifetime)
{
    private readonly IUserEpochs? _epochs = features.Epochs;
    private readonly KeyedLock<object> _turns = new();

    /// <summary>Adds the end reason to a loaded session whose user has been revoked. The check costs one more read for
    /// a session that has an owner.</summary>
    public ValueTask<SessionLookup> JudgeAsync(SessionLookup found, CancellationToken cancellationToken) =>
        JudgeAsync(found, _epochs, cancellationToken);

    /// <summary>Adds the end reason to each loaded session whose user has been revoked. The check costs one more read
    /// for each user of the sessions.</summary>
    public async ValueTask<IReadOnlyList<SessionLookup>> JudgeAllAsync(
        List<SessionLookup> found, CancellationToken cancellationToken)
    {
        if (_epochs is not null)
        {
            // All sessions were read before. None is newer than the epoch that it is judged by.
            var epochs = new RememberedEpochs(_epochs);
            for (var i = 0; i < found.Count; i++)
            {
                found[i] = await JudgeAsync(found[i], epochs, cancellationToken);
            }
        }

        return found;
    }

    private static ValueTask<SessionLookup> JudgeAsync(
        SessionLookup found, IUserEpochs? epochs, CancellationToken cancellationToken)
    {
        if (epochs is null || found.Record is not { OwnerId: not null } record)
        {
            return new ValueTask<SessionLookup>(found);
        }

        var revoked = IsRevokedAsync(record, epochs, cancellationToken);
        return revoked.IsCompletedSuccessfully
            ? new ValueTask<SessionLookup>(Judge(found, revoked.Result))
            : AwaitAsync(found, revoked);

        static async ValueTask<SessionLookup> AwaitAsync(SessionLookup found, ValueTask<bool> revoked) =>
            Judge(found, await revoked);

        static SessionLookup Judge(SessionLookup found, bool revoked) =>
            revoked ? found with { EndReason = SessionEndReason.Revoked } : found;
    }

    /// <summary>Returns whether a session was revoked or erased through its user's epoch. An impersonation is revoked
    /// through the epoch of either user.</summary>
    public ValueTask<bool> IsRevokedAsync(SessionRecord record, CancellationToken cancellationToken) =>
        IsRevokedAsync(record, _epochs, cancellationToken);

    private static ValueTask<bool> IsRevokedAsync(
        SessionRecord record, IUserEpochs? epochs, CancellationToken cancellationToken)
    {
        if (epochs is null || (record.UserId ?? record.OwnerId) is not { } user)
        {
            return default;
        }

        if (record.IsActing)
        {
            return IsActingRevokedAsync(record, user, epochs, cancellationToken);
        }

        var epoch = epochs.LoadEpochAsync(user, cancellationToken);
        return epoch.IsCompletedSuccessfully
            ? new ValueTask<bool>(UserEpoch.Read(epoch.Result)?.Accepts(record) == false)
            : AwaitAsync(epoch, record);

        static async ValueTask<bool> AwaitAsync(ValueTask<byte[]?> epoch, SessionRecord record) =>
            UserEpoch.Read(await epoch)?.Accepts(record) == false;
    }

    /// <summary>Returns the epoch that a session has after a commit; <see langword="null"/> when the epoch stays. The
    /// begin or end of an impersonation is no sign-in, so a revocation that came meanwhile stays in effect.</summary>
    public async ValueTask<Guid?> EpochAfterAsync(
        SessionRecord? before, SessionCommit commit, CancellationToken cancellationToken)
    {
        if (_epochs is null || commit.Identity is not { UserId: { } user } identity)
        {
            return null;
        }

        return identity.StartedAt is null && before is not null && SessionUsers.AreOf(before, user)
            ? EpochOf(before, user)
            : UserEpoch.Read(await _epochs.LoadEpochAsync(user, cancellationToken))?.Epoch ?? Guid.Empty;
    }

    /// <summary>Revokes all sessions that a user has signed in to, except for the spared session.</summary>
    public ValueTask RevokeAsync(string user, SessionRecord? spared, CancellationToken cancellationToken) =>
        _epochs is null
            ? ValueTask.CompletedTask
            : ReplaceAsync(user, before => Revoke(before, user, spared), cancellationToken);

    /// <summary>Revokes all sessions that belong or last belonged to a user, signed in or not.</summary>
    public ValueTask EraseAsync(string user, CancellationToken cancellationToken) =>
        _epochs is null
            ? ValueTask.CompletedTask
            : ReplaceAsync(user, static _ => UserEpoch.AfterErasure(), cancellationToken);

    private static UserEpoch Revoke(UserEpoch? before, string user, SessionRecord? spared)
    {
        var epoch = UserEpoch.AfterRevocation(before);
        return spared is not null
            && SessionUsers.AreOf(spared, user)
            && EpochOf(spared, user) is var own
            && before?.Accepts(spared.Id, own) != false
            ? epoch with { SparedId = spared.Id, SparedEpoch = own }
            : epoch;
    }

    // The epoch at the sign-in of the user. An impersonation keeps the epoch of the acting user aside.
    private static Guid EpochOf(SessionRecord record, string userId) =>
        record.Actor is { } actor && string.Equals(actor.UserId, userId, StringComparison.Ordinal)
            ? actor.Epoch
            : record.Epoch;

    private static async ValueTask<bool> IsActingRevokedAsync(
        SessionRecord record, string user, IUserEpochs epochs, CancellationToken cancellationToken) =>
        UserEpoch.Read(await epochs.LoadEpochAsync(user, cancellationToken))?.Accepts(record) == false
        || (record.Actor is { } actor
            && UserEpoch.Read(await epochs.LoadEpochAsync(actor.UserId, cancellationToken))
                ?.Accepts(record.Id, actor.Epoch) == false);

    // One revocation at a time for each user in this process, because the new epoch depends on the old epoch.
    private async ValueTask ReplaceAsync(
        string user, Func<UserEpoch?, UserEpoch> replace, CancellationToken cancellationToken)
    {
        var key = new Guid(SHA256.HashData(Encoding.Unicode.GetBytes(user)).AsSpan(0, 16));
        await _turns.EnterAsync(key, cancellationToken);
        try
        {
            var before = UserEpoch.Read(await _epochs!.LoadEpochAsync(user, cancellationToken));
            await _epochs.SaveEpochAsync(user, replace(before).Write(), lifetime.UserTimeToLive, cancellationToken);
        }
        finally
        {
            _turns.Leave(key, hanging: false);
        }
    }
}
