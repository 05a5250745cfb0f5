using System.Text;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>All that the server holds under a prefix.</summary>
/// <param name="Hashes">The fields of each session.</param>
/// <param name="Notes">The members of each set of notes, on users and in lists.</param>
/// <param name="TimesToLive">What is left of each key's time; null: it would stay for ever.</param>
internal sealed record Dump(
    IReadOnlyDictionary<string, HashEntry[]> Hashes,
    IReadOnlyDictionary<string, SortedSetEntry[]> Notes,
    IReadOnlyDictionary<string, TimeSpan?> TimesToLive)
{
    /// <summary>Every key, field and value as bytes, and each header as a whole.</summary>
    public IEnumerable<byte[]> AllBytes =>
        Hashes.SelectMany(hash => hash.Value.SelectMany(entry => new[] { (byte[])entry.Name!, (byte[])entry.Value! })
                .Prepend(Encoding.UTF8.GetBytes(hash.Key))
                .Append(HeaderOf(hash.Value)))
            .Concat(Notes.SelectMany(note => note.Value.Select(entry => (byte[])entry.Element!).Prepend(Encoding.UTF8.GetBytes(note.Key))));

    public static async Task<Dump> TakeAsync(RedisServer server, string prefix)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var database = connection.GetDatabase();
        var hashes = new Dictionary<string, HashEntry[]>(StringComparer.Ordinal);
        var notes = new Dictionary<string, SortedSetEntry[]>(StringComparer.Ordinal);
        var times = new Dictionary<string, TimeSpan?>(StringComparer.Ordinal);
        await foreach (var key in connection.GetServers()[0].KeysAsync(pageSize: 1000))
        {
            var name = (string)key!;
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                var type = await database.KeyTypeAsync(key);
                if (type == RedisType.None)
                {
                    // Removed meanwhile, with its last entry.
                    continue;
                }

                if (type == RedisType.SortedSet)
                {
                    notes[name] = await database.SortedSetRangeByRankWithScoresAsync(key);
                }
                else
                {
                    hashes[name] = await database.HashGetAllAsync(key);
                }

                times[name] = await database.KeyTimeToLiveAsync(key);
            }
        }

        return new Dump(hashes, notes, times);
    }

    /// <summary>Whether a session has ended for good.</summary>
    public static bool IsTombstone(HashEntry[] fields) => HeaderOf(fields)[1] == 1;

    /// <summary>The columns and the header of a session.</summary>
    public static byte[] HeaderOf(HashEntry[] fields) =>
    [
        .. fields.Where(field => field.Name.TryParse(out int _)).OrderBy(field => (int)field.Name)
            .SelectMany(field => (byte[])field.Value!),
    ];

    /// <summary>The names of the only session's fields, in order.</summary>
    public string[] FieldsOfOnlyKey() =>
        [.. Assert.Single(Hashes).Value.Select(entry => (string)entry.Name!).Order(StringComparer.Ordinal)];
}
