using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis;

/// <summary>Options of the Redis store. Validated when the application starts.</summary>
public sealed class RedisStoreOptions
{
    /// <summary>How to connect, as StackExchange.Redis writes it: <c>localhost:6379</c>, <c>host:6380,ssl=true,password=...</c>. The
    /// default is <see langword="null"/>: <see cref="ConnectionMultiplexerFactory"/> is used, or else the
    /// <see cref="IConnectionMultiplexer"/> of the application's services.</summary>
    public string? Configuration { get; set; }

    /// <summary>Makes the connection, once, at the first use. It is disposed with the application. The default is
    /// <see langword="null"/>.</summary>
    public Func<Task<IConnectionMultiplexer>>? ConnectionMultiplexerFactory { get; set; }

    /// <summary>The prefix of every key. The default is <see langword="null"/>: that of <see cref="SessionManagerOptions.KeyPrefix"/>, which is
    /// <c>session:</c> unless it is set. Set one of the two, or both to the same. Give each of several applications on one server its own,
    /// or one accepts the other's tokens. It may be empty. On a cluster, leave out braces, or all sessions share a slot.</summary>
    public string? KeyPrefix { get; set; }

    /// <summary>The number of the database. The default is -1: the one the connection is set up with, as by <c>defaultDatabase</c> in
    /// <see cref="Configuration"/>. On a cluster there is 0 only.</summary>
    public int Database { get; set; } = -1;
}
