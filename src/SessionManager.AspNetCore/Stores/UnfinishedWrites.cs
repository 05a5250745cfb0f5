using System.Collections.Concurrent;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Writes that were given up on before they ended. Such a write may still arrive, and would then overwrite what is
/// written now. So the next change of the same key waits a while for the end of the write. A write that arrives even
/// later can't be told from a new one.
/// </summary>
/// <param name="patience">How long a change waits.</param>
/// <param name="lost">Told the key and the fault of a write that has not ended well.</param>
internal sealed class UnfinishedWrites(TimeSpan patience, Action<Guid, string> lost)
{
    private readonly ConcurrentDictionary<Guid, Task> _writes = new();

    /// <summary>Adds a write, until the write ends.</summary>
    public void Add(Guid key, Task write)
    {
        _writes[key] = write;
        _ = write.ContinueWith(
            (ended, _) => _writes.TryRemove(KeyValuePair.Create(key, ended)),
            null,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Waits for the unfinished write of a key, when there is one.</summary>
    public ValueTask SettleAsync(Guid key, CancellationToken cancellationToken) =>
        _writes.TryRemove(key, out var write)
            ? new ValueTask(SettleAsync(key, write, cancellationToken))
            : ValueTask.CompletedTask;

    private async Task SettleAsync(Guid key, Task write, CancellationToken cancellationToken)
    {
        var budget = StoreBudget.OfRequest(timeout: null);
        budget?.Begin();
        var limit = budget?.Limit(patience) ?? patience;
        try
        {
            await write.WaitAsync(limit, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _writes.TryAdd(key, write);
            throw;
        }
        catch (TimeoutException) when (!write.IsCompleted && limit < patience)
        {
            // The request can't wait any longer. The next change of the key waits for the write again.
            _writes.TryAdd(key, write);
            throw budget!.Spend();
        }
        catch (Exception exception)
        {
            lost(key, exception.GetType().Name);
        }
        finally
        {
            budget?.End();
        }
    }
}
