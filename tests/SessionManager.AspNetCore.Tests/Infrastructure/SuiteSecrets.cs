using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

[assembly: AssemblyFixture(typeof(SessionManager.AspNetCore.Tests.Infrastructure.SuiteSecrets))]

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>
/// Watches the whole suite: every token a browser was given, every value it sent, and all that is told meanwhile, by logs, traces and
/// our exceptions. At the end none of the former may be in any of the latter. What is told is kept as far as it could be a secret.
/// </summary>
public sealed partial class SuiteSecrets : IDisposable
{
    private const int ShortestValue = 8;

    private static readonly ConcurrentDictionary<string, string> Suspects = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, string> Secrets = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, bool> Values = new(StringComparer.Ordinal);
    private static readonly ConcurrentBag<string> Ours = [];
    private static int _told;

    private readonly ActivityListener _traces = new()
    {
        ShouldListenTo = static _ => true,
        Sample = static (ref _) => ActivitySamplingResult.AllData,
        ActivityStopped = static activity =>
        {
            Tell($"trace {activity.OperationName}", $"{activity.DisplayName} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}", ours: false);
        },
    };

    public SuiteSecrets()
    {
        ActivitySource.AddActivityListener(_traces);
        AppDomain.CurrentDomain.FirstChanceException += OnException;
    }

    /// <summary>A token was given out.</summary>
    public static void AddToken(string token)
    {
        if (token.Length != 43)
        {
            return;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        var secret = bytes[16..];
        Secrets.TryAdd(token, "a token");
        Secrets.TryAdd(Convert.ToHexStringLower(bytes[..16]), "a store key");
        Secrets.TryAdd(Convert.ToHexStringLower(secret), "a secret in hex");
        Secrets.TryAdd(Base64Url.EncodeToString(secret), "a secret");
        Secrets.TryAdd(new Guid(secret, bigEndian: true).ToString(), "a secret as a GUID");
        Secrets.TryAdd(Convert.ToHexStringLower(SHA256.HashData(secret)), "a secret's hash");
    }

    /// <summary>A value was sent to be stored.</summary>
    public static void AddValue(string value)
    {
        if (value.Length >= ShortestValue)
        {
            Values.TryAdd(value, true);
        }
    }

    /// <summary>Something was told.</summary>
    public static void Tell(string where, string text, bool ours)
    {
        Interlocked.Increment(ref _told);
        foreach (var match in EncodedPattern().EnumerateMatches(text))
        {
            Suspects.TryAdd(text.Substring(match.Index, match.Length).ToLowerInvariant(), where);
            Suspects.TryAdd(text.Substring(match.Index, match.Length), where);
        }

        if (ours)
        {
            Ours.Add(text);
        }
    }

    /// <summary>Fails the run when a secret was told.</summary>
    public void Dispose()
    {
        _traces.Dispose();
        AppDomain.CurrentDomain.FirstChanceException -= OnException;

        // A single test, run by itself, may tell nothing.
        var leaks = Secrets.Where(secret => Suspects.ContainsKey(secret.Key)).Select(secret => $"{secret.Value} in {Suspects[secret.Key]}").Distinct(StringComparer.Ordinal).ToList();
        Assert.True(leaks.Count == 0, $"Of {_told} texts, {leaks.Count} tell a secret: {string.Join("; ", leaks.Take(10))}.");
        var told = string.Join('\n', Ours.Distinct(StringComparer.Ordinal));
        var values = Values.Keys.Where(value => told.Contains(value, StringComparison.Ordinal)).ToList();
        Assert.True(values.Count == 0, $"Of {Values.Count} values, {values.Count} are told in our log: {string.Join("; ", values.Take(5))}.");
    }

    private static void OnException(object? sender, System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs thrown)
    {
        if (thrown.Exception.GetType().Namespace == "SessionManager.AspNetCore")
        {
            Tell(thrown.Exception.GetType().Name, $"{thrown.Exception.Message} {thrown.Exception.InnerException}", ours: true);
        }
    }

    // Whatever is long enough to be one of the above.
    [GeneratedRegex("[A-Za-z0-9_-]{22,}", RegexOptions.CultureInvariant)]
    private static partial Regex EncodedPattern();
}
