using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Redis.Configuration;
using SessionManager.AspNetCore.Redis.Diagnostics;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>The connection, made at the first use and shared by all. A first try that fails is not kept: the next use
/// tries again.</summary>
internal sealed class RedisConnection(
    IOptions<RedisStoreOptions> options,
    IOptions<SessionManagerOptions> session,
    IServiceProvider services,
    ConnectionLog log) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task<Connected>? _connecting;
    private Task _following = Task.CompletedTask;
    private SentinelServers? _sentinels;
    private bool _owned;

    /// <summary>The database, as soon as there is a connection. Once there is, it reconnects by itself.</summary>
    public ValueTask<PrimaryDatabase> GetDatabaseAsync()
    {
        var connecting = _connecting;
        return connecting is { IsCompletedSuccessfully: true }
            ? new ValueTask<PrimaryDatabase>(connecting.Result.Database)
            : WaitAsync();

        async ValueTask<PrimaryDatabase> WaitAsync() => (await ConnectAsync()).Database;
    }

    /// <summary>The servers behind the connection, as soon as there is one.</summary>
    public async ValueTask<IConnectionMultiplexer> GetMultiplexerAsync() => (await ConnectAsync()).Multiplexer;

    /// <summary>Looks for the primaries anew, if there is a connection.</summary>
    public void SearchPrimaries()
    {
        if (_connecting is { IsCompletedSuccessfully: true } connected)
        {
            connected.Result.Search.Begin();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        if (_connecting is { IsCompletedSuccessfully: true } connecting)
        {
            var connected = await connecting;
            Detach(connected);
            if (_owned)
            {
                await connected.Multiplexer.DisposeAsync();
            }
        }

        if (_sentinels is not null)
        {
            await _sentinels.DisposeAsync();
        }
    }

    private Task<Connected> ConnectAsync()
    {
        lock (_lock)
        {
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _connecting = OpenAsync();
            }

            return _connecting;
        }
    }

    private async Task<Connected> OpenAsync()
    {
        // What follows may be the application's code and connect synchronously: not under the lock, nor on a request's
        // thread.
        await Task.Yield();
        var connected = Attach(await OpenMultiplexerAsync());
        if (_sentinels is not null)
        {
            _following = FollowAsync(connected, _sentinels);
        }

        return connected;
    }

    private async Task<IConnectionMultiplexer> OpenMultiplexerAsync()
    {
        _owned = true;
        if (options.Value.ConnectionMultiplexerFactory is { } factory)
        {
            return await factory()
                ?? throw new InvalidOperationException(
                    "ConnectionMultiplexerFactory made no connection but null. Return a connection.");
        }

        if (options.Value.Configuration is { } text)
        {
            var settings = ConnectionSettings.Read(text, session.Value.IOTimeout);
            if (string.IsNullOrEmpty(settings.ServiceName))
            {
                return await ConnectionMultiplexer.ConnectAsync(settings);
            }

            _sentinels ??= new SentinelServers(settings);
            return await _sentinels.ConnectAsync();
        }

        _owned = false;
        return services.GetRequiredService<IConnectionMultiplexer>();
    }

    private Connected Attach(IConnectionMultiplexer multiplexer)
    {
        log.Attach(multiplexer);
        var search = new PrimarySearch(multiplexer, log.CheckPrimaries);
        var database = new PrimaryDatabase(multiplexer.GetDatabase(options.Value.Database), search);
        return new Connected(multiplexer, database, search);
    }

    private void Detach(Connected connected)
    {
        connected.Search.Dispose();
        log.Detach(connected.Multiplexer);
    }

    // A connection keeps the servers that it was made with, so a new server needs a new connection.
    private async Task FollowAsync(Connected current, SentinelServers sentinels)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await sentinels.WaitForNewServerAsync(_stop.Token);
                var replaced = current;
                var multiplexer = await sentinels.ConnectAsync();
                Detach(replaced);
                current = Attach(multiplexer);
                _connecting = Task.FromResult(current);
                // Calls that have begun end within this time.
                await Task.Delay(session.Value.IOTimeout, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await replaced.Multiplexer.DisposeAsync();
            }
            catch (Exception)
            {
                // The sentinels are asked again.
            }
        }
    }

    private sealed record Connected(
        IConnectionMultiplexer Multiplexer, PrimaryDatabase Database, PrimarySearch Search);
}
