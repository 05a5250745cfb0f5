using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis;

/// <summary>Options of the Redis store. They are validated when the application starts.</summary>
public sealed class RedisStoreOptions
{
    /// <summary>How to connect, in the format of StackExchange.Redis: <c>localhost:6379</c>,
    /// <c>host:6380,ssl=true,password=...</c>. The default is <see langword="null"/>: the store uses
    /// <see cref="ConnectionMultiplexerFactory"/>, or else the <see cref="IConnectionMultiplexer"/> of the
    /// application's services.</summary>
    public string? Configuration { get; set; }

    /// <summary>Creates the connection. The function runs once, when the application starts, and again at the next use
    /// if it fails. The start does not wait for it. The connection is disposed with the application. The default is
    /// <see langword="null"/>.</summary>
    /// <remarks>Set <c>AbortOnConnectFail</c> to <see langword="false"/>, <c>BacklogPolicy</c> to <c>FailFast</c>,
    /// <c>IncludeDetailInExceptions</c> to <see langword="false"/> and <c>ConfigCheckSeconds</c> to 5, as the store
    /// does with a <see cref="Configuration"/>. For Sentinel, prefer a <see cref="Configuration"/> with a
    /// <c>serviceName</c>: a connection that follows Sentinel by itself blocks threads of the thread pool while it
    /// does.</remarks>
    public Func<Task<IConnectionMultiplexer>>? ConnectionMultiplexerFactory { get; set; }

    /// <summary>The prefix of every key. The default is <see langword="null"/>: the prefix is
    /// <see cref="SessionManagerOptions.KeyPrefix"/>, which is <c>session:</c> by default. Set one of the two options,
    /// or both to the same text. The prefix may be empty.</summary>
    /// <remarks>Applications that share a server need different prefixes: with the same prefix an application accepts
    /// the tokens of the other applications. On a cluster, don't use braces, which would put all sessions into one
    /// slot.</remarks>
    public string? KeyPrefix { get; set; }

    /// <summary>The number of the database. The default is -1: the database of the connection, which
    /// <c>defaultDatabase</c> in <see cref="Configuration"/> sets. A cluster has database 0 only.</summary>
    public int Database { get; set; } = -1;

    /// <summary>Whether the store keeps a list of all sessions, for <see cref="ISessionDirectory.ListAsync"/> and the
    /// dashboard. The default is <see langword="true"/>. Without the list, a session that begins writes one key less,
    /// and takes 35 to 120 bytes less. Finding, limiting and revoking the sessions of a user do not need it.</summary>
    public bool ListSessions { get; set; } = true;

    /// <summary>How many bytes of memory this process uses for copies of sessions that it has loaded or saved. The
    /// default is 0: no copies. A load still asks the server each time, and the server sends the session only if
    /// the copy is not what is stored. So what a request reads is never stale, and a session of many kilobytes is not
    /// sent again and again. The copy that was not used for longest makes room for another one. Sessions with less than
    /// 1 KB are not copied.</summary>
    public long LocalCopies { get; set; }

    // Smaller sessions are loaded as fast as they are asked for. Tests copy all.
    internal int LeastCopiedBytes { get; set; } = 1_024;
}
