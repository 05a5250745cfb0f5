using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A store that remembers what it was asked for, and lets a test do something in front of a write: what
/// another process does between the load of a request and its write.</summary>
internal sealed class StagedStore(ISessionRecordStore inner) : ISessionRecordStore
{
    private readonly Queue<Func<Task>> _scenes = [];

    public string Name => inner.Name;

    /// <summary>The loads so far.</summary>
    public int Loads { get; private set; }

    /// <summary>The writes so far.</summary>
    public List<SessionWrite> Writes { get; } = [];

    /// <summary>The touches so far.</summary>
    public List<SessionTouch> Touches { get; } = [];

    /// <summary>What is done in front of every write.</summary>
    public Func<Task>? Always { get; set; }

    /// <summary>Does something in front of the next write, and so on.</summary>
    public void BeforeNextWrite(Func<Task> scene) => _scenes.Enqueue(scene);

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default)
    {
        Loads++;
        return inner.LoadAsync(id, cancellationToken);
    }

    public async ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default)
    {
        Writes.Add(write);
        await ((_scenes.TryDequeue(out var scene) ? scene : Always)?.Invoke() ?? Task.CompletedTask);
        return await inner.WriteAsync(write, cancellationToken);
    }

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default)
    {
        Touches.Add(touch);
        return inner.TouchAsync(touch, cancellationToken);
    }

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default) =>
        inner.FindByUserAsync(userId, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
            inner.ListAsync(after, count, cancellationToken);
}
