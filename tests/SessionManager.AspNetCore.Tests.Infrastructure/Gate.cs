namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>Holds a call at a point until the test lets it go, and tells the test that it is there.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a call has arrived. Fails the test if none does.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public bool IsReached => _reached.Task.IsCompleted;

    public void Open() => _opened.TrySetResult();

    /// <summary>Called by the one that is held.</summary>
    public Task PassAsync()
    {
        _reached.TrySetResult();
        return _opened.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
