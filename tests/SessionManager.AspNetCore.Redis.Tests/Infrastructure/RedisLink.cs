using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A way to a server, on a port of its own, that a test can cut or make silent.</summary>
internal sealed class RedisLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly List<Connection> _connections = [];
    private readonly Func<int> _target;
    private readonly Task _accepting;
    private Mode _mode;
    private volatile bool _isReplicationCut;
    private TimeSpan _delay;

    /// <param name="target">The port of the server, asked for at each connection.</param>
    public RedisLink(Func<int> target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    private enum Mode
    {
        Open,
        Silent,
        Cut,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>Closes all connections, and each new one at once.</summary>
    public void Cut() => Change(Mode.Cut, static connection => connection.Dispose());

    /// <summary>Lets nothing through and closes nothing, as a network that drops all packets. What is sent arrives when
    /// the link is healed, even if its connection has been closed by then.</summary>
    public void Silence() => Change(Mode.Silent, static connection => connection.Silence());

    /// <summary>Silences the connections that there are. New ones get through, as past a firewall that has forgotten
    /// the old ones.</summary>
    public void SilenceConnections() => Change(Mode.Open, static connection => connection.Silence());

    /// <summary>Closes the connections by which replicas follow the server, and each new one.</summary>
    public void CutReplication()
    {
        _isReplicationCut = true;
        Change(_mode, static connection => connection.DisposeIfReplica());
    }

    /// <summary>Lets requests of the connections that there are through, and no answers.</summary>
    public void SilenceAnswers() => Change(Mode.Open, static connection => connection.SilenceAnswers());

    /// <summary>Lets each request wait before it gets through.</summary>
    public void Slow(TimeSpan delay) => _delay = delay;

    public void Heal()
    {
        (_isReplicationCut, _delay) = (false, TimeSpan.Zero);
        Change(Mode.Open, static connection => connection.Heal());
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private void Change(Mode mode, Action<Connection> change)
    {
        lock (_lock)
        {
            _mode = mode;
            _connections.ForEach(change);
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var connection = new Connection(
                await _listener.AcceptTcpClientAsync(_end.Token), () => _isReplicationCut, () => _delay, _end.Token);
            lock (_lock)
            {
                if (_mode == Mode.Cut)
                {
                    connection.Dispose();
                    continue;
                }

                if (_mode == Mode.Silent)
                {
                    connection.Silence();
                }

                _connections.Add(connection);
            }

            _ = connection.ForwardAsync(_target());
        }
    }

    private sealed class Connection(
        TcpClient client, Func<bool> isReplicationCut, Func<TimeSpan> delay, CancellationToken end) : IDisposable
    {
        private readonly TcpClient _server = new() { NoDelay = true };
        private TaskCompletionSource _requests = Opened();
        private TaskCompletionSource _answers = Opened();

        private volatile bool _isReplica;

        public void DisposeIfReplica()
        {
            if (_isReplica)
            {
                Dispose();
            }
        }

        public void Silence() => _requests = _answers = Closed();

        public void SilenceAnswers() => _answers = Closed();

        public void Heal()
        {
            _requests.TrySetResult();
            _answers.TrySetResult();
        }

        public async Task ForwardAsync(int port)
        {
            try
            {
                client.NoDelay = true;
                await _server.ConnectAsync(IPAddress.Loopback, port, end);
                await Task.WhenAll(
                    PumpAsync(client, _server, () => _requests.Task), PumpAsync(_server, client, () => _answers.Task));
            }
            catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException
                or InvalidOperationException or OperationCanceledException)
            {
                // One of the two has closed the connection, or there is no server.
            }
            finally
            {
                Dispose();
            }
        }

        public void Dispose()
        {
            client.Dispose();
            _server.Dispose();
        }

        // Reads at once, so that nothing is lost with the sender's connection, and passes on while the gate is open.
        private async Task PumpAsync(TcpClient from, TcpClient to, Func<Task> gate)
        {
            var chunks = Channel.CreateUnbounded<(byte[] Bytes, Task Due)>();
            _ = ReadAsync();
            await foreach (var (chunk, due) in chunks.Reader.ReadAllAsync(end))
            {
                await due;
                _isReplica |= from == client && chunk.AsSpan().IndexOf("PSYNC"u8) >= 0;
                if (_isReplica && isReplicationCut())
                {
                    Dispose();
                }

                await gate().WaitAsync(end);
                await to.GetStream().WriteAsync(chunk, end);
            }

            await gate().WaitAsync(end);
            to.Client.Shutdown(SocketShutdown.Send);

            async Task ReadAsync()
            {
                var buffer = new byte[65_536];
                try
                {
                    while (await from.GetStream().ReadAsync(buffer, end) is var count and > 0)
                    {
                        var due = from == client ? Task.Delay(delay(), end) : Task.CompletedTask;
                        await chunks.Writer.WriteAsync((buffer[..count], due), end);
                    }
                }
                catch (Exception exception) when (exception is IOException or ObjectDisposedException
                    or InvalidOperationException or OperationCanceledException)
                {
                    // Reset by the sender: what it sent before is passed on all the same.
                }
                finally
                {
                    chunks.Writer.Complete();
                }
            }
        }

        private static TaskCompletionSource Closed() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        private static TaskCompletionSource Opened()
        {
            var gate = Closed();
            gate.SetResult();
            return gate;
        }
    }
}
