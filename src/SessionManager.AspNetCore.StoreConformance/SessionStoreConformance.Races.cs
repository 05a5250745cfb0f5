#pragma warning disable CS1591 // The names of the tests say what they test.

using System.Globalization;
using System.Text;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// Many at once: through one store, and through two where the store is exact across processes.
public abstract partial class SessionStoreConformance
{
    private const int Many = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Exactly_one_of_the_writes_that_expect_one_version_is_applied(int stores)
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"))));
        for (var round = 0; round < 5; round++)
        {
            var writes = Enumerable.Range(0, Many)
                .Select(i => NewWrite(version, header: $"h{i}", values: Values(($"k{i}", "1")))).ToList();
            var results = await TogetherAsync(stores, (store, i) => WriteAsync(writes[i], store));
            var winner = Assert.Single(Enumerable.Range(0, Many), i => results[i].IsSwapped);
            var stored = Describe(await LoadAsync());
            Assert.Equal($"h{winner}", Encoding.UTF8.GetString((await LoadAsync()).Header.Span));
            Assert.All(results.Where((_, i) => i != winner), result => Assert.Equal(stored, Describe(result.Current)));
            version = writes[winner].NewVersion;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Exactly_one_of_the_creations_of_one_id_is_applied(int stores)
    {
        for (var round = 0; round < 5; round++)
        {
            var id = Guid.NewGuid();
            var writes = Enumerable.Range(0, Many)
                .Select(i => NewWrite(0, id: id, user: $"{_user}-{i}", values: Values(("by", $"{i}")))).ToList();
            var results = await TogetherAsync(stores, (store, i) => WriteAsync(writes[i], store));
            var winner = Assert.Single(Enumerable.Range(0, Many), i => results[i].IsSwapped);
            Assert.Equal($"by={winner}", Assert.Single(ValuesOf(await LoadAsync(id))));
            for (var i = 0; i < Many; i++)
            {
                Assert.Equal(i == winner ? 1 : 0, (await FindAsync($"{_user}-{i}")).Count(session => session.Id == id));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task One_write_sent_many_times_at_once_is_applied_once(int stores)
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"))));
        var write = NewWrite(version, user: _user, values: Values(("a", null), ("b", "1")));
        var results = await TogetherAsync(stores, (store, _) => WriteAsync(write, store));
        Assert.All(results, result => Assert.True(result.IsSwapped, "The write was refused."));
        Assert.Equal(
            (write.NewVersion, "b=1"), ((await LoadAsync()).Version, Assert.Single(ValuesOf(await LoadAsync()))));
        Assert.Single(await FindAsync(_user));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_increment_that_is_decided_again_until_it_is_applied_counts(int stores)
    {
        await SwapAsync(NewWrite(0, values: Values(("n", "0"))));
        await TogetherAsync(stores, async (store, i) =>
        {
            for (var current = await LoadAsync(store: store); ;)
            {
                var next = 1 + int.Parse(current.Values["n"].Span, CultureInfo.InvariantCulture);
                var result = await WriteAsync(
                    NewWrite(current.Version, values: Values(("n", $"{next}"), ($"k{i:00}", "1"))), store);
                if (result.IsSwapped)
                {
                    return next;
                }

                current = result.Current!;
            }
        });
        var expected = Enumerable.Range(0, Many).Select(i => $"k{i:00}=1").Append($"n={Many}");
        Assert.Equal(expected, ValuesOf(await LoadAsync()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Readers_see_no_half_a_write(int stores)
    {
        const int Rounds = 60;
        var pad = new string('.', 2000);
        await SwapAsync(NewWrite(
            0, header: "0", startedAt: Start, values: Values(("a", $"0{pad}"), ("b", $"0{pad}"), ("only0", "1"))));
        await TogetherAsync(stores, async (store, i) =>
        {
            for (var round = 1; round <= Rounds; round++)
            {
                if (i == 0)
                {
                    await WriteUntilSwappedAsync(store, version => NewWrite(
                        version,
                        header: $"{round}",
                        startedAt: Start.AddMinutes(round),
                        dropsValues: round % 2 == 0,
                        values: Values(
                            ("a", $"{round}{pad}"),
                            ("b", $"{round}{pad}"),
                            ($"only{round}", "1"),
                            ($"only{round - 1}", null))));
                    continue;
                }

                var session = await LoadAsync(store: store);
                var seen = Encoding.UTF8.GetString(session.Header.Span);
                Assert.Equal([$"a={seen}{pad}", $"b={seen}{pad}", $"only{seen}=1"], ValuesOf(session));
                Assert.Equal(Start.AddMinutes(int.Parse(seen, CultureInfo.InvariantCulture)), session.StartedAt);
            }

            return true;
        }, 5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Sessions_that_begin_at_once_are_all_found(int stores)
    {
        var ids = Enumerable.Range(0, Many).Select(_ => Guid.NewGuid()).ToArray();
        await TogetherAsync(stores, async (store, i) =>
        {
            await SwapAsync(NewWrite(0, id: ids[i], user: _user, startedAt: Start.AddMinutes(i)), store);
            Assert.Contains(await FindAsync(_user, store), session => session.Id == ids[i]);
            return true;
        });
        Assert.Equal(ids, (await FindAsync(_user)).Select(session => session.Id));
        Assert.Equal(ids.Reverse(), (await ListAllAsync(ids, pageSize: 9)).Select(session => session.Id));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_session_that_changes_hands_at_once_is_found_under_the_last_user_only(int stores)
    {
        await SwapAsync(NewWrite(0));
        await TogetherAsync(stores, (store, i) =>
            WriteUntilSwappedAsync(store, version => NewWrite(version, header: $"{i % 5}", user: $"{_user}-{i % 5}")));
        var last = Encoding.UTF8.GetString((await LoadAsync()).Header.Span);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(
                string.Equals($"{i}", last, StringComparison.Ordinal) ? 1 : 0, (await FindAsync($"{_user}-{i}")).Count);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_end_among_writes_and_touches_is_the_end(int stores)
    {
        await SwapAsync(NewWrite(0, user: _user));
        await TogetherAsync(stores, async (store, i) => i switch
        {
            Many / 2 => await WriteUntilSwappedAsync(
                store, version => NewWrite(version, header: "ended", isTombstone: true, dropsValues: true)),
            _ when i % 5 == 0 => await TouchAsync(NewTouch(2 + i), store),
            _ => await WriteUnlessEndedAsync(store, NewWrite(0, values: Values(($"k{i}", "1")))),
        });
        var session = await LoadAsync();
        Assert.Equal(Bytes("ended"), session.Header.ToArray());
        Assert.Empty(session.Values);
    }

    private async Task<bool> WriteUnlessEndedAsync(ISessionRecordStore store, SessionWrite change)
    {
        for (var current = await LoadAsync(store: store); !current.Header.Span.SequenceEqual("ended"u8);)
        {
            var result = await WriteAsync(
                NewWrite(current.Version, user: _user, values: new(change.Values, StringComparer.Ordinal)), store);
            if (result.IsSwapped)
            {
                return true;
            }

            current = result.Current!;
        }

        return false;
    }

    /// <summary>Decides again on what each refused write brings back.</summary>
    private async Task<bool> WriteUntilSwappedAsync(ISessionRecordStore store, Func<long, SessionWrite> decide)
    {
        var version = (await LoadAsync(store: store)).Version;
        while (await WriteAsync(decide(version), store) is { IsSwapped: false } refused)
        {
            version = refused.Current!.Version;
        }

        return true;
    }

    /// <summary>Runs a call many times at once, all of them let loose together.</summary>
    private async Task<T[]> TogetherAsync<T>(int count, Func<ISessionRecordStore, int, Task<T>> call, int times = Many)
    {
        ISessionRecordStore[] stores = count == 1 ? [Store] : [Store, RequiredSecondStore];
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, times).Select(i => Task.Run(async () =>
        {
            await start.Task;
            return await call(stores[i % stores.Length], i);
        }, Cancellation)).ToList();
        start.SetResult();
        return await Task.WhenAll(calls);
    }
}
