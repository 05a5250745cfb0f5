using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Loads the epoch of each user once, for a call that judges several sessions.</summary>
internal sealed class RememberedEpochs(IUserEpochs epochs) : IUserEpochs
{
    private readonly Dictionary<string, byte[]?> _loaded = new(StringComparer.Ordinal);

    public async ValueTask<byte[]?> LoadEpochAsync(string userId, CancellationToken cancellationToken = default)
    {
        if (!_loaded.TryGetValue(userId, out var epoch))
        {
            _loaded[userId] = epoch = await epochs.LoadEpochAsync(userId, cancellationToken);
        }

        return epoch;
    }

    public ValueTask SaveEpochAsync(
        string userId, byte[] epoch, TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        epochs.SaveEpochAsync(userId, epoch, timeToLive, cancellationToken);
}
