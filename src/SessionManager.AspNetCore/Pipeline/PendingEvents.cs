namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What the application is to be told as soon as nobody waits for what its handlers may wait for.</summary>
internal sealed class PendingEvents
{
    private readonly Queue<Func<ValueTask>> _events = [];

    public bool IsEmpty => _events.Count == 0;

    public void Add(Func<ValueTask> raise)
    {
        lock (_events)
        {
            _events.Enqueue(raise);
        }
    }

    /// <summary>Raises them, each once, whoever else does so at the same time.</summary>
    public async ValueTask RaiseAsync()
    {
        while (TryTake(out var raise))
        {
            await raise();
        }
    }

    private bool TryTake(out Func<ValueTask> raise)
    {
        lock (_events)
        {
            return _events.TryDequeue(out raise!);
        }
    }
}
