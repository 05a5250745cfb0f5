using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>A header is written when it changes, and nothing of the one before it stays.</summary>
public sealed class RecordHeaderTests(Servers servers)
{
    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task A_shorter_header_leaves_nothing_of_the_longer_one(ServerKind kind)
    {
        await using var records = await RecordStore.ConnectAsync(await servers.GetAsync(kind));
        var signedIn = records.Write(Guid.NewGuid(), 0, "ann", records.Now, [("a", [1])], headerBytes: 2_000);
        await records.Store.WriteAsync(signedIn);
        var signedOut = records.Write(signedIn.Id, signedIn.NewVersion, null, records.Now, headerBytes: 40);
        await records.Store.WriteAsync(signedOut);

        var fields = await records.Database.HashKeysAsync(records.KeyOf(signedIn.Id));
        Assert.Equal(
            ["0", ":a", "l", "v"], fields.Select(static field => field.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task A_header_that_stays_is_not_written_and_one_alone_is(ServerKind kind)
    {
        await using var records = await RecordStore.ConnectAsync(await servers.GetAsync(kind));
        var session = await records.BeginAsync("ann", ("a", [1]));
        var value = records.Write(
            session.Id, session.Version, "ann", session.StartedAt, [("a", [2])], movesIndex: false, keepsHeader: true);
        Assert.True((await records.Store.WriteAsync(value)).IsSwapped);
        var after = (await records.Store.LoadAsync(session.Id))!;
        // The header of this write is another one, so it shows that it was not written.
        Assert.Equal(session.Header.ToArray(), after.Header.ToArray());
        Assert.Equal((value.NewVersion, (byte)2), (after.Version, after.Values["a"].Span[0]));

        // A write that sets no value leaves its version all the same.
        var removal = records.Write(
            session.Id, after.Version, "ann", session.StartedAt, [("a", null)], movesIndex: false, keepsHeader: true);
        Assert.True((await records.Store.WriteAsync(removal)).IsSwapped);
        after = (await records.Store.LoadAsync(session.Id))!;
        Assert.Equal((removal.NewVersion, 0), (after.Version, after.Values.Count));
    }
}
