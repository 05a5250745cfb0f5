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
    private Task<Connected>? _connecting;
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
        if (_connecting is not { IsCompletedSuccessfully: true } connecting)
        {
            return;
        }

        var connected = await connecting;
        connected.Search.Dispose();
        log.Detach(connected.Multiplexer);
        if (_owned)
        {
            await connected.Multiplexer.DisposeAsync();
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
        var multiplexer = await OpenMultiplexerAsync();
        log.Attach(multiplexer);
        var search = new PrimarySearch(multiplexer, log.CheckPrimaries);
        var database = new PrimaryDatabase(multiplexer.GetDatabase(options.Value.Database), search);
        return new Connected(multiplexer, database, search);
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
            return await ConnectionMultiplexer.ConnectAsync(ConnectionSettings.Read(text, session.Value.IOTimeout));
        }

        _owned = false;
        return services.GetRequiredService<IConnectionMultiplexer>();
    }

    private sealed record Connected(
        IConnectionMultiplexer Multiplexer, PrimaryDatabase Database, PrimarySearch Search);
}
