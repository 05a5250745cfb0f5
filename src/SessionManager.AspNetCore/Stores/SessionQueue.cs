namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// One at a time for each session, in order of arrival; sessions do not wait for each other. It waits without a time limit as
/// long as those in front end; when one of them finds the store hanging, all who wait fail with it instead of each
/// waiting out a timeout of its own.
/// </summary>
internal sealed class SessionQueue
{
    private readonly Dictionary<Guid, Queue<TaskCompletionSource<bool>>?> _lines = [];

    /// <summary>Runs something when it is the session's turn.</summary>
    /// <exception cref="SessionStoreException">One in front found the store hanging.</exception>
    public async ValueTask<TResult> RunAsync<TState, TResult>(
        Guid id, TState state, Func<TState, CancellationToken, ValueTask<TResult>> turn, CancellationToken cancellationToken)
    {
        await EnterAsync(id, cancellationToken);
        var hanging = false;
        try
        {
            return await turn(state, cancellationToken);
        }
        catch (SessionStoreException exception) when (exception.IsTimeout)
        {
            hanging = true;
            throw;
        }
        finally
        {
            Leave(id, hanging);
        }
    }

    /// <summary>Waits for the session's turn, which ends with <see cref="Leave"/>.</summary>
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

    /// <summary>The next one's turn begins; or all who wait now fail, when the store was found hanging.</summary>
    public void Leave(Guid id, bool hanging)
    {
        lock (_lines)
        {
            var line = _lines[id];
            while (line is { Count: > 0 })
            {
                // One that gave up waiting can't be given the turn.
                if (line.Dequeue().TrySetResult(!hanging) && !hanging)
                {
                    return;
                }
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
