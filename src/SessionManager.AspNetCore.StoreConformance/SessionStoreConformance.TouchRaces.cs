#pragma warning disable CS1591 // The names of the tests say what they test.

using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// Touches at once with each other and with writes.
public abstract partial class SessionStoreConformance
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Touches_and_writes_at_once_lose_nothing(int stores)
    {
        await SwapAsync(NewWrite(0));
        await TogetherAsync(stores, async (store, i) => i % 2 == 0
            ? await TouchAsync(NewTouch(2 + i), store)
            : await WriteUntilSwappedAsync(store, version => NewWrite(version, values: Values(($"k{i:00}", "1")))));
        var session = await LoadAsync();
        Assert.Equal(Enumerable.Range(0, Many).Where(i => i % 2 == 1).Select(i => $"k{i:00}=1"), ValuesOf(session));
        Assert.Equal(Start.AddMinutes(Many), session.LastSeenAt);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_latest_of_many_touches_stays(int stores)
    {
        await SwapAsync(NewWrite(0));
        var touches = Enumerable.Range(0, Many).Select(i => NewTouch(2 + ((i * 7) % Many))).ToList();
        var moved = await TogetherAsync(stores, (store, i) => TouchAsync(touches[i], store));
        var latest = touches.MaxBy(touch => touch.LastSeenAt)!;
        Assert.True(moved[touches.IndexOf(latest)], "The latest touch moved nothing.");
        Assert.Equal(
            (latest.LastSeenAt, latest.NewVersion), ((await LoadAsync()).LastSeenAt, (await LoadAsync()).Version));
    }

    // Of two that were decided on one version, the write goes first or is refused.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_write_beside_a_touch_goes_first_or_is_refused(int stores)
    {
        for (var round = 0; round < 30; round++)
        {
            var id = Guid.NewGuid();
            var version = await SwapAsync(NewWrite(0, id: id));
            var (write, touch) = (NewWrite(version, id: id, values: Values(("a", "1"))), NewTouch(5, id: id));
            async Task<bool> IsSwappedAsync(ISessionRecordStore store) => (await WriteAsync(write, store)).IsSwapped;
            var done = await TogetherAsync(
                stores, (store, i) => i == 0 ? IsSwappedAsync(store) : TouchAsync(touch, store), times: 2);
            Assert.True(done[1], "The touch moved nothing.");
            var session = await LoadAsync(id);
            Assert.Equal((touch.NewVersion, done[0] ? 1 : 0), (session.Version, session.Values.Count));
        }
    }
}
