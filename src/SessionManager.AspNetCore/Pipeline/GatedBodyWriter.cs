using System.Buffers;
using System.IO.Pipelines;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The body's writer behind the gate.</summary>
internal sealed class GatedBodyWriter(ResponseBodyGate gate, PipeWriter inner, bool holdsBack) : PipeWriter
{
    private ArrayBufferWriter<byte>? _held = holdsBack ? new ArrayBufferWriter<byte>() : null;

    /// <summary>Whether bytes wait here for a flush.</summary>
    public bool HoldsBack => _held is not null;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes + (_held?.WrittenCount ?? 0);

    public override Memory<byte> GetMemory(int sizeHint = 0) =>
        _held is null ? inner.GetMemory(sizeHint) : _held.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) =>
        _held is null ? inner.GetSpan(sizeHint) : _held.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        if (_held is null)
        {
            inner.Advance(bytes);
        }
        else
        {
            _held.Advance(bytes);
        }
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        await gate.SaveAsync();
        return await inner.FlushAsync(cancellationToken);
    }

    public override async ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        await gate.SaveAsync();
        return await inner.WriteAsync(source, cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        // Not awaited: what is pending is saved by the net beneath.
        gate.Pass();
        inner.Complete(exception);
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        await gate.SaveAsync();
        await inner.CompleteAsync(exception);
    }

    /// <summary>Passes on what was held back, and from here on everything at once.</summary>
    public void Release()
    {
        if (_held is { } held)
        {
            _held = null;
            inner.Write(held.WrittenSpan);
        }
    }
}
