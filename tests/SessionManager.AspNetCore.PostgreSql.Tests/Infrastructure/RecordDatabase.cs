using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>The tables of one test, on a server behind a proxy.</summary>
internal sealed class RecordDatabase(PostgreSqlServer server) : IMediumDamage, IAsyncDisposable
{
    private readonly List<ServiceProvider> _providers = [];
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(server.ConnectionString);

    public string Schema { get; } = Servers.NewSchema();

    public TcpProxy Proxy { get; } = new(server.Port);

    public string Sessions => $"{Schema}.session_manager";

    /// <summary>Creates a store that shares no memory with another one.</summary>
    public ISessionRecordStore CreateStore(TimeSpan timeout)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddSessionManager(options => options.IOTimeout = timeout).AddPostgreSqlStore(options =>
        {
            options.ConnectionString = PostgreSqlServer.ConnectionStringFor("postgres", Proxy.Port);
            options.Schema = Schema;
        });
        var provider = services.BuildServiceProvider();
        _providers.Add(provider);
        return provider.GetRequiredService<ISessionRecordStore>();
    }

    public Task DamageAsync(Guid id) => ExecuteAsync($"UPDATE {Sessions} SET format = 0 WHERE id = '{id}'");

    public Task MakeNewerAsync(Guid id) => ExecuteAsync($"UPDATE {Sessions} SET format = 2 WHERE id = '{id}'");

    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.HealAsync();
        foreach (var provider in _providers)
        {
            await provider.DisposeAsync();
        }

        await Proxy.DisposeAsync();
        await ExecuteAsync($"DROP SCHEMA IF EXISTS {Schema} CASCADE");
        await _source.DisposeAsync();
    }
}
