namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The events of a request that are raised when no load or save runs, because their handlers may wait for
/// one.</summary>
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

    /// <summary>Raises each event once, even if several callers raise the events at the same time.</summary>
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
