using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace SessionManager.AspNetCore.PostgreSql.Configuration;

/// <summary>Finds every fault of the options at once, without connecting.</summary>
internal sealed class ValidatePostgreSqlStoreOptions(IServiceProviderIsService services)
    : IValidateOptions<PostgreSqlStoreOptions>
{
    // PostgreSQL cuts longer names, so that two names become one.
    private const int MaxNameBytes = 63;

    // Leaves room for the longest name that begins with the table's.
    private const int MaxTableNameBytes = 50;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public ValidateOptionsResult Validate(string? name, PostgreSqlStoreOptions options)
    {
        var faults = Connection(options.ConnectionString)
            .Concat(Name(nameof(options.Schema), options.Schema, MaxNameBytes))
            .Concat(Name(nameof(options.TableName), options.TableName, MaxTableNameBytes))
            .ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private IEnumerable<string> Connection(string? connectionString)
    {
        if (connectionString is null)
        {
            if (!services.IsService(typeof(NpgsqlDataSource)))
            {
                yield return
                    "There is no way to connect to PostgreSQL. Set ConnectionString, or register an NpgsqlDataSource.";
            }
        }
        else if (!IsReadable(connectionString))
        {
            // Not quoted: it may hold a password.
            yield return
                "ConnectionString can't be read. Write it as Npgsql does, for example 'Host=localhost;Database=app'.";
        }
    }

    private static bool IsReadable(string connectionString)
    {
        try
        {
            return !string.IsNullOrWhiteSpace(new NpgsqlConnectionStringBuilder(connectionString).Host);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException
            or InvalidCastException or KeyNotFoundException or NotSupportedException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Name(string option, string? name, int maxBytes)
    {
        if (string.IsNullOrEmpty(name))
        {
            yield return $"{option} is empty. Set a name.";
        }
        else if (name.Any(char.IsControl) || !IsWhole(name))
        {
            // Not quoted, because it can't be written.
            yield return $"{option} has a control character or half a surrogate pair. Set a name without them.";
        }
        else if (Encoding.UTF8.GetByteCount(name) > maxBytes)
        {
            yield return $"{option} is '{name}'. Set a name of at most {maxBytes} bytes.";
        }
    }

    private static bool IsWhole(string text)
    {
        try
        {
            return Strict.GetByteCount(text) > 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
