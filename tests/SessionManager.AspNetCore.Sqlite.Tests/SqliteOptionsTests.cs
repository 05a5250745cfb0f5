using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Sqlite.Configuration;
using SessionManager.AspNetCore.Sqlite.Stores;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>What the options say, and what stops the start.</summary>
public sealed class SqliteOptionsTests : IDisposable
{
    private readonly SessionDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(null, "is not set")]
    [InlineData(" ", "is not set")]
    [InlineData("sessions.db", "can't be read")]
    [InlineData("Data Source=a.db;Colour=red", "can't be read")]
    [InlineData("Data Source=a.db;Mode=Sometimes", "can't be read")]
    [InlineData("Foreign Keys=True", "names no file")]
    [InlineData("Data Source=:memory:", "names no file")]
    [InlineData("Data Source=file::memory:", "names no file")]
    [InlineData("Data Source=a;Mode=Memory", "names no file")]
    [InlineData("Data Source=a.db;Mode=ReadOnly", "Mode=ReadOnly")]
    [InlineData("Data Source=a.db;Cache=Shared", "Cache=Shared")]
    public async Task A_connection_string_that_can_keep_no_sessions_stops_the_start(string? text, string fault)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => NodeApp.StartAsync(_database, store: store => store.ConnectionString = text));

        Assert.Contains(fault, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_found_at_once_and_a_password_is_not_told()
    {
        var result = new ValidateSqliteStoreOptions().Validate(null, new SqliteStoreOptions
        {
            ConnectionString = "Data Source=:memory:;Cache=Shared;Password=secret-0815",
            Durability = (SqliteDurability)7,
        });

        Assert.Equal(3, result.Failures!.Count());
        Assert.DoesNotContain("secret-0815", result.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relative_path_starts_at_the_content_root()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            ContentRootPath = Path.GetDirectoryName(_database.File),
        });
        builder.Logging.ClearProviders();
        builder.Services.AddSessionManager().AddSqliteStore("Data Source=relative.db");
        using var host = builder.Build();
        await host.StartAsync();

        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(_database.File)!, "relative.db")));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_store_that_was_replaced_makes_no_file()
    {
        await using (await NodeApp.StartAsync(
            _database,
            services: services => services.AddSingleton<DictionaryStore>(),
            after: sessions => sessions.AddSessionStore<DictionaryStore>()))
        {
        }

        Assert.False(File.Exists(_database.File));
    }

    [Theory]
    [InlineData(SqliteDurability.Normal, 1L)]
    [InlineData(SqliteDurability.Full, 2L)]
    public async Task Durability_is_the_synchronous_mode_of_the_connection_that_writes(
        SqliteDurability durability, long mode)
    {
        await using var node = await NodeApp.StartAsync(_database, store: store => store.Durability = durability);
        var file = node.Services.GetRequiredService<SessionFile>();

        var stored = await file.WriteAsync(
            static (database, _) =>
            {
                using var rows = database.Begin("PRAGMA synchronous");
                return rows.Step() ? rows.Number(0) : -1;
            },
            state: 0,
            CancellationToken.None);

        Assert.Equal(mode, stored);
        Assert.Equal("wal", _database.Execute("PRAGMA journal_mode"));
    }

    private sealed class DictionaryStore : ISessionRecordStore
    {
        public string Name => "other";

        public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) => default;

        public ValueTask<SessionWriteResult> WriteAsync(
            SessionWrite write, CancellationToken cancellationToken = default) => default;

        public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
            default;

        public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
            string userId, CancellationToken cancellationToken = default) => new([]);

        public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
            SessionPosition? after, int count, CancellationToken cancellationToken = default) => new([]);
    }
}
