using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Mvc.ViewFeatures.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.TempData;

/// <summary>
/// Keeps MVC's TempData in the session, each entry as a value of its own, so that requests that overlap neither lose
/// nor bring back each other's entries: a request removes what it read, writes what it stored, and leaves all else
/// alone.
/// </summary>
/// <remarks>
/// A stored entry is never changed. Whoever stores under a key that is there writes a new entry and removes the one it
/// found, so a request that reads an old message can't remove the new one. Entries are in order of the moment in their
/// keys; of two under one key of the application, which two requests at once can write, the later one counts, and both
/// go when it is read. Each counts as a key of the session, of which <c>MaxKeys</c> allows 256: a response that adds
/// more entries than are left fails.
/// </remarks>
internal sealed class SessionTempDataProvider(TimeProvider clock, ILogger<SessionTempDataProvider> logger)
    : ITempDataProvider
{
    /// <summary>What an entry's key in the session begins with. 16 hexadecimal digits of the moment follow, and 8 at
    /// random.</summary>
    public const string KeyPrefix = "__TempData:";

    private const int MomentLength = 16;
    private const int RandomLength = 8;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly object RequestKey = new();

    private long _lastMoment;

    public IDictionary<string, object> LoadTempData(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var session = context.Session;
        var values = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (var key in session.Keys.Where(IsKey).Order(StringComparer.Ordinal))
        {
            if (session.TryGetValue(key, out var stored))
            {
                var entry = Find(context, session, key, stored);
                if (entry.Key is not null)
                {
                    values[entry.Key] = entry.Value!;
                }
            }
        }

        return values;
    }

    public void SaveTempData(HttpContext context, IDictionary<string, object> values)
    {
        ArgumentNullException.ThrowIfNull(context);
        var session = context.Session;
        var entries = EntriesOf(context);
        if (entries.Count == 0 && values is not { Count: > 0 })
        {
            return;
        }

        // A caller's own dictionary may have two spellings of one key.
        var changed = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in values ?? changed)
        {
            changed[key] = value;
        }

        var kept = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries.Values)
        {
            if (entry.Key is not null
                && changed.TryGetValue(entry.Key, out var value)
                && IsUnchanged(context, entry, value))
            {
                kept.Add(entry.Key);
                changed.Remove(entry.Key);
            }
        }

        var written = changed
            .Select(pair => new TempDataEntry(pair.Key, pair.Value, Serialize(context, pair.Key, pair.Value)))
            .ToList();
        RemoveAllBut(kept, context, session, entries);
        foreach (var entry in written)
        {
            var key = NewKey();
            session.Set(key, entry.Stored);
            entries.Add(key, entry);
        }
    }

    private static void RemoveAllBut(
        HashSet<string> kept, HttpContext context, ISession session, Dictionary<string, TempDataEntry> entries)
    {
        // Where nothing may be changed, what was read stays for the next request that may; and what was prefetched
        // nobody has read yet.
        if (RequestSessions.Find(context) is { IsReadOnly: true } || Prefetch.Is(context))
        {
            return;
        }

        foreach (var (key, entry) in entries)
        {
            if (entry.Key is null || !kept.Contains(entry.Key))
            {
                session.Remove(key);
                entries.Remove(key);
            }
        }
    }

    private static bool IsKey(string key) =>
        key.Length == KeyPrefix.Length + MomentLength + RandomLength
        && key.StartsWith(KeyPrefix, StringComparison.Ordinal)
        && key.AsSpan(KeyPrefix.Length).IndexOfAnyExcept(HexDigits) < 0;

    // Stored anew counts as changed, also with the same text: another request may have taken the first one.
    private static bool IsUnchanged(HttpContext context, TempDataEntry entry, object? value)
    {
        if (!ReferenceEquals(entry.Value, value))
        {
            return false;
        }

        // A list or a dictionary may have been changed in place. Both sides are written by the serializer that runs
        // now.
        if (value is null or string or ValueType)
        {
            return true;
        }

        var stored = Deserialize(context, entry.Stored).Value;
        return Serialize(context, entry.Key!, value).AsSpan().SequenceEqual(Serialize(context, entry.Key!, stored));
    }

    private TempDataEntry Find(HttpContext context, ISession session, string key, byte[] stored)
    {
        var entries = EntriesOf(context);
        if (!entries.TryGetValue(key, out var entry))
        {
            entry = Read(context, session, stored);
            entries.Add(key, entry);
        }

        return entry;
    }

    private TempDataEntry Read(HttpContext context, ISession session, byte[] stored)
    {
        try
        {
            var (key, value) = Deserialize(context, stored);
            return new TempDataEntry(key, value, stored);
        }
        catch (Exception exception)
        {
            // Another serializer wrote it, before a deployment. The message is lost; the page is not. What a serializer
            // says may hold the value.
            logger.TempDataRejected(session.Id, exception.GetType().Name);
            return new TempDataEntry(Key: null, Value: null, stored);
        }
    }

    private static Dictionary<string, TempDataEntry> EntriesOf(HttpContext context)
    {
        if (context.Items.TryGetValue(RequestKey, out var found))
        {
            return (Dictionary<string, TempDataEntry>)found!;
        }

        var entries = new Dictionary<string, TempDataEntry>(StringComparer.Ordinal);
        context.Items[RequestKey] = entries;
        return entries;
    }

    private static byte[] Serialize(HttpContext context, string key, object? value) =>
        SerializerOf(context).Serialize(new Dictionary<string, object>(StringComparer.Ordinal) { [key] = value! });

    private static KeyValuePair<string, object> Deserialize(HttpContext context, byte[] stored) =>
        SerializerOf(context).Deserialize(stored).Single();

    private static TempDataSerializer SerializerOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<TempDataSerializer>();

    private string NewKey()
    {
        long last, moment;
        do
        {
            last = Volatile.Read(ref _lastMoment);
            moment = Math.Max(clock.GetUtcNow().UtcTicks, last + 1);
        }
        while (Interlocked.CompareExchange(ref _lastMoment, moment, last) != last);

        var random = RandomNumberGenerator.GetHexString(RandomLength, lowercase: true);
        return string.Create(CultureInfo.InvariantCulture, $"{KeyPrefix}{moment:x16}{random}");
    }
}
