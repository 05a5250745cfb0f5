using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Stands in front of the response body and saves the session before the first byte passes, whichever way it comes. A
/// save that fails throws to the writer, and so reaches the middleware while the response can still be another.
/// (<c>OnStarting</c> alone is too late: what it throws becomes a bare 500.)
/// </summary>
/// <param name="session">The session to save.</param>
/// <param name="inner">The body behind the gate.</param>
/// <param name="holdsBack">Whether bytes that were only put into the writer's buffer may wait here for a flush. Not
/// when a middleware between the handler and us has a body of its own: it ends before we can pass them on.</param>
internal sealed class ResponseBodyGate(RequestSession session, IHttpResponseBodyFeature inner, bool holdsBack)
    : IHttpResponseBodyFeature
{
    private GatedBodyStream? _stream;
    private GatedBodyWriter? _writer;
    private GatedUpgrades? _upgrades;
    private ExceptionDispatchInfo? _failure;

    public Stream Stream => _stream ??= new GatedBodyStream(this, inner.Stream);

    public PipeWriter Writer => WriterToInner;

    private GatedBodyWriter WriterToInner => _writer ??=
        new GatedBodyWriter(this, inner.Writer, holdsBack && !session.Context.Response.HasStarted);

    /// <summary>Puts a gate in front of the body, and of the other ways in which a response starts.</summary>
    public static ResponseBodyGate? Put(RequestSession session)
    {
        var features = session.Context.Features;
        if (features[typeof(IHttpResponseBodyFeature)] is not IHttpResponseBodyFeature body)
        {
            return null;
        }

        var gate = new ResponseBodyGate(session, body, holdsBack: ReferenceEquals(body, session.Progress.BodyAtEntry));
        gate._upgrades = GatedUpgrades.For(session.Context, gate);
        features[typeof(IHttpResponseBodyFeature)] = gate;
        return gate;
    }

    /// <summary>Takes the gate away, unless somebody has put another body in front of it.</summary>
    public void Remove()
    {
        var features = session.Context.Features;
        if (ReferenceEquals(features[typeof(IHttpResponseBodyFeature)], this))
        {
            features[typeof(IHttpResponseBodyFeature)] = inner;
        }

        _upgrades?.Remove(session.Context);
    }

    public void DisableBuffering() => inner.DisableBuffering();

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await SaveAsync();
        await inner.StartAsync(cancellationToken);
    }

    public async Task SendFileAsync(
        string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        await SaveAsync();
        await inner.SendFileAsync(path, offset, count, cancellationToken);
    }

    public async Task CompleteAsync()
    {
        await SaveAsync();
        await inner.CompleteAsync();
    }

    /// <summary>Saves what is pending, and then lets pass what was held back. The client's leaving does not cancel it.
    /// Once that has failed the gate stays shut: a handler that ignores the exception must not get its success out
    /// after all.</summary>
    public ValueTask SaveAsync()
    {
        if (!session.HasChanges || _failure is not null)
        {
            _failure?.Throw();
            if (!session.Context.Response.HasStarted)
            {
                session.Response.ApplyBeforeCaches();
            }

            Release();
            return ValueTask.CompletedTask;
        }

        return SaveAndReleaseAsync();
    }

    /// <summary>Lets pass what was held back, unless the gate is shut.</summary>
    public void Pass()
    {
        ThrowIfShut();
        Release();
    }

    /// <summary>Takes the gate away and lets pass what was held back, unless the gate is shut.</summary>
    public void Open()
    {
        ThrowIfShut();
        Remove();
        Release();
    }

    private void Release()
    {
        if (_writer is { HoldsBack: true })
        {
            _writer.Release();
        }
    }

    /// <summary>Whether a save has failed.</summary>
    public bool IsShut => _failure is not null;

    public void ThrowIfShut() => _failure?.Throw();

    /// <summary>The handler has saved by itself after all.</summary>
    public void Reopen() => _failure = null;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SaveAndReleaseAsync()
    {
        try
        {
            if (session.Response.HasCaughtFailure)
            {
                session.KnownChanges?.Discard(keepsEndings: true);
            }

            await session.Services.Saver.SaveAsync(session, CancellationToken.None);
        }
        catch (Exception exception)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }

        // Before a cache that stands behind copies the headers.
        session.Response.ApplyBeforeCaches();
        _writer?.Release();
    }
}
