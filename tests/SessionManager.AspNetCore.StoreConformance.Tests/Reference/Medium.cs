using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance.Tests.Reference;

/// <summary>A server that keeps records: it runs one step at a time, and can be made to fail.</summary>
public sealed class Medium : IMediumFaults, IMediumTimes, IMediumDamage, IMediumEviction
{
    private readonly Lock _lock = new();
    private readonly List<Task> _hanging = [];
    private TaskCompletionSource? _gate;
    private bool _fails;
    private bool _losesNext;

    public Dictionary<Guid, MediumRecord> Records { get; } = [];

    public Dictionary<string, MediumIndex> Users { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs one step, whole, and answers later. The server does not listen to who has stopped
    /// waiting.</summary>
    /// <param name="step">What the server does.</param>
    /// <param name="text">What the step is about, for the messages of faults.</param>
    /// <param name="isWrite">Whether the step may change something.</param>
    public async Task<T> RunAsync<T>(Func<Medium, T> step, string text, bool isWrite = false)
    {
        await Task.Yield();
        Task? gate;
        TaskCompletionSource? ended = null;
        lock (_lock)
        {
            gate = _gate?.Task;
            if (gate is not null)
            {
                _hanging.Add((ended = new TaskCompletionSource()).Task);
            }
        }

        try
        {
            await (gate ?? Task.CompletedTask);
            return RunNow(step, text, isWrite);
        }
        finally
        {
            ended?.SetResult();
        }
    }

    public Task FailAsync() => SetAsync(() => _fails = true);

    public Task HangAsync() =>
        SetAsync(() => _gate ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public Task LoseNextAcknowledgementAsync() => SetAsync(() => _losesNext = true);

    public async Task HealAsync()
    {
        await SetAsync(() =>
        {
            (_fails, _losesNext) = (false, false);
            _gate?.SetResult();
            _gate = null;
        });
        await Task.WhenAll(_hanging);
    }

    public Task<TimeSpan?> ReadRecordAsync(Guid id) =>
        Task.FromResult<TimeSpan?>(
            Records.TryGetValue(id, out var record) ? record.KeepUntil - record.WrittenAt : TimeSpan.Zero);

    public Task<TimeSpan?> ReadIndexAsync(string userId) =>
        Task.FromResult<TimeSpan?>(
            Users.TryGetValue(userId, out var index) ? index.KeepUntil - index.WrittenAt : TimeSpan.Zero);

    public Task DamageAsync(Guid id) => SpoilAsync(id, StoredSessionStatus.Damaged);

    public Task MakeNewerAsync(Guid id) => SpoilAsync(id, StoredSessionStatus.Newer);

    public Task EvictIndexAsync(string userId) => SetAsync(() => Users.Remove(userId));

    private T RunNow<T>(Func<Medium, T> step, string text, bool isWrite)
    {
        lock (_lock)
        {
            var fault = new InvalidOperationException($"The server failed: {text}");
            if (_fails)
            {
                throw fault;
            }

            var result = step(this);
            if (isWrite && _losesNext)
            {
                _losesNext = false;
                throw fault;
            }

            return result;
        }
    }

    private Task SpoilAsync(Guid id, StoredSessionStatus status) =>
        SetAsync(() => Records[id] = Records[id] with { Status = status });

    private Task SetAsync(Action set)
    {
        lock (_lock)
        {
            set();
        }

        return Task.CompletedTask;
    }
}
