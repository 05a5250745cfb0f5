using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>
/// Watches the whole suite: every token a browser was given, every value it sent, and all that is told meanwhile, by logs, traces and
/// our exceptions. At the end none of the former may be in any of the latter.
/// </summary>
public sealed class SuiteSecrets : IDisposable
{
    private static readonly SecretLedger Ledger = new();

    private readonly ActivityListener _traces = new()
    {
        ShouldListenTo = static _ => true,
        Sample = static (ref _) => ActivitySamplingResult.AllData,
        ActivityStopped = Ledger.TellTrace,
    };

    public SuiteSecrets()
    {
        ActivitySource.AddActivityListener(_traces);
        AppDomain.CurrentDomain.FirstChanceException += OnException;
    }

    /// <summary>A token was given out.</summary>
    public static void AddToken(string token) => Ledger.AddToken(token);

    /// <summary>A test sends this token in a query on purpose.</summary>
    public static void AddTokenInQuery(string token) => Ledger.AddTokenInQuery(token);

    /// <summary>A value was sent to be stored.</summary>
    public static void AddValue(string value) => Ledger.AddValue(value);

    /// <summary>A log event was written.</summary>
    public static void TellLog(string category, int eventId, string message, string? exception) =>
        Ledger.TellLog(category, eventId, message, exception);

    /// <summary>Fails the run when a secret was told.</summary>
    public void Dispose()
    {
        _traces.Dispose();
        AppDomain.CurrentDomain.FirstChanceException -= OnException;

        // A single test, run by itself, may tell nothing.
        var (leaks, values) = (Ledger.Leaks(), Ledger.ToldValues());
        Assert.True(leaks.Count == 0, $"{leaks.Count} secrets were told: {string.Join("; ", leaks.Take(10))}.");
        Assert.True(values.Count == 0, $"{values.Count} values are told in our log or traces: {string.Join("; ", values.Take(5))}.");
    }

    private static void OnException(object? sender, FirstChanceExceptionEventArgs thrown) => Ledger.TellException(thrown.Exception);
}
