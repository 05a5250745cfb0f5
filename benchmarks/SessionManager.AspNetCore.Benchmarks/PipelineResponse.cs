using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>The response of one request. It runs the callbacks when the first byte is about to leave, as a server
/// does.</summary>
internal sealed class PipelineResponse(PipeWriter body) : HttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new(2);
    private readonly Stack<(Func<object, Task> Callback, object State)> _completed = new(2);
    private bool _started;

    public override bool HasStarted => _started;

    public Stream Stream => Stream.Null;

    public PipeWriter Writer => body;

    public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    public void DisableBuffering()
    {
    }

    public Task SendFileAsync(
        string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (_started)
        {
            return;
        }

        while (_starting.TryPop(out var next))
        {
            await next.Callback(next.State);
        }

        _started = true;
    }

    public Task CompleteAsync() => StartAsync();

    public async Task EndAsync()
    {
        while (_completed.TryPop(out var next))
        {
            await next.Callback(next.State);
        }
    }
}
