using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SessionManager.AspNetCore.PostgreSql.Stores;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Configuration;

/// <summary>What stops an application at its start, and what the store adds to a connection string.</summary>
public sealed class ValidatePostgreSqlStoreOptionsTests
{
    private const string Good = "Host=localhost;Database=app";

    [Theory]
    [InlineData("nonsense")]
    [InlineData("Hots=localhost")]
    [InlineData("Database=app")]
    [InlineData("Host=localhost;Port=many")]
    [InlineData("Host=localhost;SSL Mode=Sometimes")]
    public void A_connection_string_that_cannot_be_read_stops_the_start_and_is_not_quoted(string text)
    {
        var fault = Assert.Single(Faults(options => options.ConnectionString = text + ";Password=secret-1"));
        Assert.Contains("ConnectionString", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_found_at_once() => Assert.Equal(3, Faults(options =>
    {
        options.ConnectionString = "nonsense";
        options.Schema = "";
        options.TableName = new string('x', 51);
    }).Count);

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("half a pair")]
    [InlineData("")]
    public void A_name_that_cannot_be_written_stops_the_start(string name)
    {
        // An attribute can't hold it.
        name = name.Replace("half a pair", "\ud800", StringComparison.Ordinal);
        Assert.Single(Faults(options => (options.ConnectionString, options.Schema) = (Good, name)));
        Assert.Single(Faults(options => (options.ConnectionString, options.TableName) = (Good, name)));
    }

    [Fact]
    public void Without_a_connection_string_a_data_source_must_be_registered()
    {
        Assert.Contains(nameof(NpgsqlDataSource), Assert.Single(Faults(_ => { })), StringComparison.Ordinal);
        Assert.Empty(Faults(_ => { }, services => services.AddSingleton(NpgsqlDataSource.Create(Good))));
    }

    [Fact]
    public async Task An_application_with_a_fault_does_not_start()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSessionManager().AddPostgreSqlStore("nonsense");
        await using var app = builder.Build();
        await Assert.ThrowsAsync<OptionsValidationException>(
            () => app.StartAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_connection_string_is_completed_and_what_it_says_stands()
    {
        var completed = NpgsqlSource.Complete(Good);
        Assert.Equal((50, true, 0), (completed.MaxAutoPrepare, completed.NoResetOnClose, completed.CommandTimeout));
        Assert.Null(completed.TargetSessionAttributes);
        Assert.Equal("primary", NpgsqlSource.Complete("Host=a,b").TargetSessionAttributes);

        var own = NpgsqlSource.Complete(
            "Host=a,b;MaxAutoPrepare=0;No Reset On Close=false;Command Timeout=7;Target Session Attributes=any");
        Assert.Equal((0, false, 7), (own.MaxAutoPrepare, own.NoResetOnClose, own.CommandTimeout));
        Assert.Equal("any", own.TargetSessionAttributes);
    }

    private static List<string> Faults(
        Action<PostgreSqlStoreOptions> configure, Action<IServiceCollection>? add = null)
    {
        var services = new ServiceCollection().AddLogging();
        add?.Invoke(services);
        services.AddSessionManager().AddPostgreSqlStore(configure);
        using var provider = services.BuildServiceProvider();
        try
        {
            _ = provider.GetRequiredService<IOptions<PostgreSqlStoreOptions>>().Value;
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
    }
}
