using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Caching.Distributed;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>
/// The least that a session in a cache can do: find the cookie in the raw header, decode its 43 characters, compute
/// SHA-256 of the secret, look the record up, compare in fixed time, and set a feature. It has no time limits, no
/// sign-in, no values and no errors. What it costs is the unit in which other machines reproduce the cost of a session.
/// </summary>
internal sealed class FloorMiddleware(RequestDelegate next, IDistributedCache cache)
{
    private const string CookiePrefix = "__Host-sid=";
    private const int TokenLength = 43;
    private const int IdLength = 16;
    private const int HashLength = 32;

    // The bytes of our record without values, and of each value beside its key and its text.
    private const int RecordLength = 125;
    private const int ValueLength = 13;

    public async Task InvokeAsync(HttpContext context)
    {
        if (ReadToken(context, out var hash) is { } key
            && await cache.GetAsync(key, context.RequestAborted) is { } record
            && CryptographicOperations.FixedTimeEquals(record.AsSpan(0, HashLength), hash))
        {
            context.Features.Set(new FloorSession(cache, key, record));
        }

        await next(context);
    }

    private static string? ReadToken(HttpContext context, out byte[] hash)
    {
        hash = [];
        var cookie = context.Features.Get<IHttpRequestFeature>()!.Headers.Cookie.ToString().AsSpan();
        var start = cookie.IndexOf(CookiePrefix, StringComparison.Ordinal);
        if (start < 0 || cookie.Length < start + CookiePrefix.Length + TokenLength)
        {
            return null;
        }

        Span<byte> token = stackalloc byte[2 * IdLength];
        if (!Base64Url.TryDecodeFromChars(cookie.Slice(start + CookiePrefix.Length, TokenLength), token, out _))
        {
            return null;
        }

        hash = SHA256.HashData(token[IdLength..]);
        return Convert.ToHexStringLower(token[..IdLength]);
    }

    /// <summary>Stores a record as large as ours with these values.</summary>
    /// <returns>The cookie that brings it.</returns>
    public static string Fill(IDistributedCache cache, int values, int valueLength)
    {
        var token = RandomNumberGenerator.GetBytes(2 * IdLength);
        var keys = Enumerable.Range(0, values).Sum(static i => $"value{i}".Length);
        var record = new byte[RecordLength + keys + (values * (ValueLength + valueLength))];
        SHA256.HashData(token.AsSpan(IdLength), record);
        var key = Convert.ToHexStringLower(token.AsSpan(0, IdLength));
        new FloorSession(cache, key, record).SaveAsync().GetAwaiter().GetResult();
        return CookiePrefix + Base64Url.EncodeToString(token);
    }
}
