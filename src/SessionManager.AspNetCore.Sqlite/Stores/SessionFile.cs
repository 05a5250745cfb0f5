using Microsoft.Data.Sqlite;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>
/// The calls of the file. SQLite blocks the thread that calls it, so only a few threads call it: one writes, and one
/// for each processor reads. They are not the threads of the callers, so a disk that hangs holds no request for longer
/// than its time. All other callers wait without a thread, and so does a caller that finds the file locked by another
/// process.
/// </summary>
internal sealed class SessionFile(Connections connections) : IDisposable
{
    private const int LongestDelay = 25;

    private readonly SemaphoreSlim _readers = new(Environment.ProcessorCount);
    private readonly SemaphoreSlim _writer = new(1);
    private volatile bool _isDisposed;

    /// <summary>Reads.</summary>
    /// <param name="read">The read. It begins one statement only, because two may see two states.</param>
    /// <param name="state">The state that the read gets.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    public async Task<T> ReadAsync<TState, T>(
        Func<Database, TState, T> read, TState state, CancellationToken cancellationToken)
    {
        if (!connections.IsReady)
        {
            await PrepareAsync(cancellationToken);
        }

        await _readers.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(() => connections.Read(read, state), cancellationToken);
        }
        finally
        {
            if (_isDisposed)
            {
                connections.CloseReaders();
            }

            _readers.Release();
        }
    }

    /// <summary>Changes the file in one transaction.</summary>
    /// <param name="change">The change.</param>
    /// <param name="state">The state that the change gets.</param>
    /// <param name="cancellationToken">Cancels waiting. A transaction that has begun runs to its end.</param>
    public Task<T> WriteAsync<TState, T>(
        Func<Database, TState, T> change, TState state, CancellationToken cancellationToken) =>
        RunAsWriterAsync(() => connections.Write(change, state), cancellationToken);

    /// <summary>Opens the file, and makes or checks its schema.</summary>
    /// <param name="cancellationToken">Cancels waiting.</param>
    public Task PrepareAsync(CancellationToken cancellationToken) =>
        RunAsWriterAsync(connections.Prepare, cancellationToken);

    public void Dispose()
    {
        // Calls that run now close their connections at their end.
        _isDisposed = true;
        connections.CloseReaders();
        if (_writer.Wait(0))
        {
            connections.CloseWriter();
            _writer.Release();
        }
    }

    private async Task<T> RunAsWriterAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(work, cancellationToken);
        }
        finally
        {
            if (_isDisposed)
            {
                connections.CloseWriter();
            }

            _writer.Release();
        }
    }

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        for (var delay = 1; ; delay = Math.Min(2 * delay, LongestDelay))
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                return await Task.Run(work, cancellationToken);
            }
            catch (SqliteException exception) when (Connections.IsLocked(exception))
            {
            }

            await Task.Delay(delay, cancellationToken);
        }
    }
}
