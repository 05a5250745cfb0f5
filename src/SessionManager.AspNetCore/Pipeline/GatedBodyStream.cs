namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The body's stream behind the gate. Synchronous writes, which servers refuse by default, are left to the net
/// beneath.</summary>
internal sealed class GatedBodyStream(ResponseBodyGate gate, Stream inner) : Stream
{
    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await gate.SaveAsync();
        await inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override IAsyncResult BeginWrite(
        byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await gate.SaveAsync();
        await inner.FlushAsync(cancellationToken);
    }

    public override void Flush()
    {
        gate.Pass();
        inner.Flush();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        gate.Pass();
        inner.Write(buffer, offset, count);
    }

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void SetLength(long value) => inner.SetLength(value);
}
