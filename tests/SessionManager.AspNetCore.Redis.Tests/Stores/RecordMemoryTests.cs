using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>What a session takes of a redis-server's memory, all its keys together.</summary>
public sealed class RecordMemoryTests
{
    [Theory]
    [InlineData(70, 24, true, 700, 950)]
    [InlineData(100, 24, true, 765, 1_020)]
    [InlineData(70, 0.5, true, 700, 950)]
    [InlineData(70, 0.5, false, 660, 850)]
    public async Task A_signed_in_session_with_200_bytes_of_values_takes_so_much_memory(
        int headerBytes, double hours, bool lists, int mostInKeys, int mostUsed)
    {
        const int sessions = 5_000;
        // Of its own: what MONITOR and other connections take counts as used.
        await using var server = await Servers.StartRedisAsync();
        await using var records = await RecordStore.ConnectAsync(
            server.Configuration, "session:", configure: options => options.ListSessions = lists);
        await records.Store.ListAsync(after: null, count: 1);
        var before = await UsedMemoryAsync(records);
        for (var i = 0; i < sessions; i += 500)
        {
            records.Advance(TimeSpan.FromHours(hours * 500 / sessions));
            await Task.WhenAll(Enumerable.Range(i, 500).Select(user => records.Store.WriteAsync(
                records.Write(Guid.NewGuid(), 0, $"user-{user}", records.Now, Small(), headerBytes: headerBytes))
                    .AsTask()));
        }

        var used = await UsedMemoryAsync(records) - before;
        long bytes = 0;
        foreach (var batch in (await records.KeysAsync()).Chunk(5_000))
        {
            bytes += (await Task.WhenAll(
                batch.Select(key => records.Database.ExecuteAsync("MEMORY", "USAGE", key, "SAMPLES", "0"))))
                .Sum(static usage => (long)usage);
        }

        Assert.InRange(bytes / sessions, 400, mostInKeys);
        Assert.InRange(used / sessions, 400, mostUsed);
    }

    private static (string Key, byte[]? Value)[] Small() =>
        [.. Enumerable.Range(0, 8).Select(i => ($"value-{i}", RecordStore.Bytes(26)))!];

    private static async Task<long> UsedMemoryAsync(RecordStore records)
    {
        var answer = (string)(await records.Database.ExecuteAsync("INFO", "memory"))!;
        return long.Parse(answer.Split("used_memory:")[1].Split('\r')[0]);
    }
}
