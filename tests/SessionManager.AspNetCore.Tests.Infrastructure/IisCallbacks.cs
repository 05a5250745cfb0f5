using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A response that runs its callbacks as IIS does in process: last in, first out, and none that is registered while they run. The rest is
/// the server's.</summary>
internal sealed class IisCallbacks(IHttpResponseFeature inner) : IHttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = [];
    private bool _hooked;

    public int StatusCode
    {
        get => inner.StatusCode;
        set => inner.StatusCode = value;
    }

    public string? ReasonPhrase
    {
        get => inner.ReasonPhrase;
        set => inner.ReasonPhrase = value;
    }

    public IHeaderDictionary Headers
    {
        get => inner.Headers;
        set => inner.Headers = value;
    }

    [Obsolete("As the interface says.")]
    public Stream Body
    {
        get => inner.Body;
        set => inner.Body = value;
    }

    public bool HasStarted => inner.HasStarted;

    public void OnStarting(Func<object, Task> callback, object state)
    {
        if (!_hooked)
        {
            _hooked = true;
            inner.OnStarting(RunAsync, this);
        }

        _starting.Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => inner.OnCompleted(callback, state);

    private async Task RunAsync(object state)
    {
        var callbacks = _starting.ToArray();
        _starting.Clear();
        foreach (var (callback, argument) in callbacks)
        {
            await callback(argument);
        }
    }
}
