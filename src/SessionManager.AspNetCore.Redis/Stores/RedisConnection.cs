using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>The connection, made at the first use and shared by all. A first try that fails is not kept: the next use
/// tries again.</summary>
internal sealed class RedisConnection(
    IOptions<RedisStoreOptions> options, IOptions<SessionManagerOptions> session, IServiceProvider services)
    : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<IConnectionMultiplexer>? _connecting;
    private bool _owned;

    /// <summary>The database, as soon as there is a connection. Once there is, it reconnects by itself.</summary>
    public ValueTask<IDatabase> GetDatabaseAsync()
    {
        var connecting = _connecting;
        return connecting is { IsCompletedSuccessfully: true }
            ? new ValueTask<IDatabase>(connecting.Result.GetDatabase(options.Value.Database))
            : ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned && _connecting is { IsCompletedSuccessfully: true } connected)
        {
            await connected.Result.DisposeAsync();
        }
    }

    private async ValueTask<IDatabase> ConnectAsync()
    {
        Task<IConnectionMultiplexer> connecting;
        lock (_lock)
        {
            if (_connecting is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _connecting = OpenAsync();
            }

            connecting = _connecting;
        }

        return (await connecting).GetDatabase(options.Value.Database);
    }

    private async Task<IConnectionMultiplexer> OpenAsync()
    {
        // What follows may be the application's code and connect synchronously: not under the lock, nor on a request's
        // thread.
        await Task.Yield();
        _owned = true;
        if (options.Value.ConnectionMultiplexerFactory is { } factory)
        {
            return await factory()
                ?? throw new InvalidOperationException(
                    "ConnectionMultiplexerFactory made no connection but null. Return a connection.");
        }

        if (options.Value.Configuration is not { } text)
        {
            _owned = false;
            return services.GetRequiredService<IConnectionMultiplexer>();
        }

        var configuration = ConfigurationOptions.Parse(text);

        // The application starts without its Redis, a command without a connection fails at once instead of queueing
        // up, and the connection comes back by itself.
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.IncludeDetailInExceptions = false;
        var timeout = (int)session.Value.IOTimeout.TotalMilliseconds;
        if (configuration.AsyncTimeout == new ConfigurationOptions().AsyncTimeout)
        {
            // Left alone, it must not cut a longer IOTimeout short.
            configuration.AsyncTimeout = Math.Max(configuration.AsyncTimeout, timeout);
        }

        // A server that refuses the connection is to be heard before the call that waits for it is given up on.
        configuration.ConnectTimeout = Math.Min(configuration.ConnectTimeout, timeout / 2);
        return await ConnectionMultiplexer.ConnectAsync(configuration);
    }
}
