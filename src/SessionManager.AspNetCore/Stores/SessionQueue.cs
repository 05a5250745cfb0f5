namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// One at a time for each session, in order of arrival; sessions do not wait for each other. It waits without a time limit as
/// long as those in front end; when one of them finds the store hanging, all who wait fail with it instead of each
/// waiting out a timeout of its own.
/// </summary>
internal sealed class SessionQueue
{
    private readonly Dictionary<Guid, Queue<TaskCompletionSource<bool>>?> _lines = [];

    /// <summary>Waits for the session's turn. Every success is followed by one <see cref="Leave"/> or <see cref="Fail"/>.</summary>
    /// <exception cref="SessionStoreException">One in front found the store hanging.</exception>
    public ValueTask EnterAsync(Guid id, CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> turn;
        lock (_lines)
        {
            if (_lines.TryAdd(id, null))
            {
                return ValueTask.CompletedTask;
            }

            turn = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            (_lines[id] ??= new Queue<TaskCompletionSource<bool>>()).Enqueue(turn);
        }

        return WaitAsync(turn, cancellationToken);
    }

    /// <summary>Ends the turn; the next one's begins.</summary>
    public void Leave(Guid id)
    {
        lock (_lines)
        {
            var line = _lines[id];
            while (line is { Count: > 0 })
            {
                // One that gave up waiting can't be given the turn.
                if (line.Dequeue().TrySetResult(true))
                {
                    return;
                }
            }

            _lines.Remove(id);
        }
    }

    /// <summary>Ends the turn and fails all who wait behind it now.</summary>
    public void Fail(Guid id)
    {
        lock (_lines)
        {
            foreach (var waiting in _lines[id] ?? [])
            {
                waiting.TrySetResult(false);
            }

            _lines.Remove(id);
        }
    }

    private static async ValueTask WaitAsync(TaskCompletionSource<bool> turn, CancellationToken cancellationToken)
    {
        bool granted;
        using (cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), turn))
        {
            granted = await turn.Task;
        }

        if (!granted)
        {
            throw new SessionStoreException("The session store did not answer an earlier call of this session in time.");
        }
    }
}
