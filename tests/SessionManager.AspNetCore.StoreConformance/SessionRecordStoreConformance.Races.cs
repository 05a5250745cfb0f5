using System.Globalization;

namespace SessionManager.AspNetCore.StoreConformance;

// Many at once on one session, through as many instances as the store's promise reaches.
public abstract partial class SessionRecordStoreConformance
{
    private const int Many = 50;

    [Fact]
    public async Task Parallel_commits_of_different_keys_all_survive()
    {
        await CreateAsync();
        var results = await TogetherAsync((store, i) => store.CommitAsync(Change(($"k{i:00}", "1")), Cancellation).AsTask());
        Assert.All(results, result => Assert.Equal(SessionCommitOutcome.Committed, result.Outcome));
        Assert.Equal(Enumerable.Range(0, Many).Select(i => $"k{i:00}=1"), ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task Of_parallel_creations_of_one_id_exactly_one_wins()
    {
        var secrets = Enumerable.Range(0, Many).Select(_ => NewHash()).ToList();
        var results = await TogetherAsync((store, i) => store.CommitAsync(Creation(secret: secrets[i], values: ("by", $"{i}")), Cancellation).AsTask());
        var winner = Assert.Single(Enumerable.Range(0, Many), i => results[i].Outcome == SessionCommitOutcome.Committed);
        Assert.All(results.Where((_, i) => i != winner), result => Assert.Equal(SessionCommitOutcome.Gone, result.Outcome));
        var record = await LoadAsync();
        Assert.Equal([$"by={winner}"], ValuesOf(record));
        Assert.Equal(secrets[winner], record.SecretHash.ToArray());
    }

    [Fact]
    public async Task Of_parallel_rotations_exactly_one_wins_and_all_other_changes_are_kept()
    {
        await CreateAsync();
        var secrets = Enumerable.Range(0, Many).Select(_ => NewHash()).ToList();
        var results = await TogetherAsync((store, i) => store.CommitAsync(Rotation(secrets[i], _secret, values: ($"k{i:00}", "1")), Cancellation).AsTask());
        Assert.All(results, result => Assert.Equal(SessionCommitOutcome.Committed, result.Outcome));
        var winner = Assert.Single(Enumerable.Range(0, Many), i => results[i].SecretChanged);
        var record = await LoadAsync();
        Assert.Equal(secrets[winner], record.SecretHash.ToArray());
        Assert.Equal(Many, record.Values.Count);
    }

    [Fact]
    public async Task Of_parallel_sign_ins_exactly_one_wins()
    {
        await CreateAsync();
        var results = await TogetherAsync((store, i) =>
            store.CommitAsync(Rotation(NewHash(), _secret, required: true, SignIn($"user{i}", Start)), Cancellation).AsTask());
        var winner = Assert.Single(Enumerable.Range(0, Many), i => results[i].Outcome == SessionCommitOutcome.Committed);
        Assert.All(results.Where((_, i) => i != winner), result => Assert.Equal(SessionCommitOutcome.Moved, result.Outcome));
        Assert.Equal((1, $"user{winner}"), ((await LoadAsync()).Generation, (await LoadAsync()).UserId));
    }

    [Fact]
    public async Task Of_parallel_ends_exactly_one_ends_it_and_its_reason_stays()
    {
        await CreateAsync();
        SessionEndReason[] reasons = [SessionEndReason.SignedOut, SessionEndReason.Revoked, SessionEndReason.Expired];
        var ended = await TogetherAsync((store, i) => store.EndAsync(_id, reasons[i % 3], cancellationToken: Cancellation).AsTask());
        var first = Assert.Single(Enumerable.Range(0, Many), i => ended[i]);
        Assert.Equal(reasons[first % 3], (await LookUpAsync()).EndReason);
    }

    [Fact]
    public async Task A_session_that_is_ended_among_commits_and_touches_stays_ended()
    {
        for (var round = 0; round < 4; round++)
        {
            var id = Guid.NewGuid();
            await CommittedAsync(new SessionCommit { Id = id, Now = Start, Creates = true, Secret = Replace(_secret, null) });
            await TogetherAsync(async (store, i) => i switch
            {
                Many / 2 => await store.EndAsync(id, SessionEndReason.Revoked, cancellationToken: Cancellation),
                _ when i % 5 == 0 => await store.TouchAsync(id, new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true), Cancellation),
                _ => (await store.CommitAsync(new SessionCommit { Id = id, Now = Start, Values = Changes(($"k{i}", "1")) }, Cancellation)).Outcome
                    == SessionCommitOutcome.Committed,
            });
            var lookup = await Store.LoadAsync(id, default, Cancellation);
            Assert.Equal(new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Revoked), lookup);
        }
    }

    [Fact]
    public async Task Parallel_increments_that_expect_the_value_they_saw_are_exact()
    {
        await CreateAsync(("n", "0"));
        await TogetherAsync(async (store, _) =>
        {
            SessionValue? seen = Text("0");
            while (true)
            {
                var next = 1 + int.Parse(System.Text.Encoding.UTF8.GetString(seen!.Value.Data.Span), CultureInfo.InvariantCulture);
                var result = await store.CommitAsync(Expecting("n", seen, ("n", $"{next}")), Cancellation);
                if (result.Outcome == SessionCommitOutcome.Committed)
                {
                    return next;
                }

                Assert.Equal(SessionCommitOutcome.Conflict, result.Outcome);
                seen = result.CurrentValue;
            }
        }, Many / 2);
        Assert.Equal([$"n={Many / 2}"], ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task Of_those_who_take_a_value_exactly_one_gets_it()
    {
        await CreateAsync(("ticket", "1"));
        var results = await TogetherAsync((store, _) => store.CommitAsync(Expecting("ticket", Text("1"), ("ticket", null)), Cancellation).AsTask());
        Assert.Single(results, result => result.Outcome == SessionCommitOutcome.Committed);
        Assert.Empty(ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task Parallel_touches_lose_no_commit()
    {
        await CreateAsync();
        await TogetherAsync(async (store, i) =>
        {
            if (i % 2 == 0)
            {
                await store.TouchAsync(_id, new RecordTouch(_secret, Start.AddMinutes(2 + i), Allowed: true), Cancellation);
                return;
            }

            await store.CommitAsync(new SessionCommit { Id = _id, Now = Start, Values = Changes(($"k{i:00}", "1")) }, Cancellation);
        });
        Assert.Equal(Enumerable.Range(0, Many).Where(i => i % 2 == 1).Select(i => $"k{i:00}=1"), ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task What_is_loaded_after_an_acknowledged_commit_has_it()
    {
        await CreateAsync();
        await TogetherAsync(async (store, i) =>
        {
            for (var round = 0; round < 3; round++)
            {
                await store.CommitAsync(Change(($"k{i:00}", $"{round}")), Cancellation);
                Assert.Equal($"k{i:00}={round}", Assert.Single(ValuesOf(await LoadAsync()), value => value.StartsWith($"k{i:00}=", StringComparison.Ordinal)));
            }
        });
    }

    private Task<bool[]> TogetherAsync(Func<ISessionRecords, int, Task> call) =>
        TogetherAsync(async (store, i) =>
        {
            await call(store, i);
            return true;
        });

    /// <summary>Runs a call many times at once, all of them let loose together.</summary>
    private async Task<T[]> TogetherAsync<T>(Func<ISessionRecords, int, Task<T>> call, int count = Many)
    {
        ISessionRecords[] stores = IsExactAcrossInstances ? [Store, CreateStore(Lifetime, LongTimeout)] : [Store];
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, count).Select(i => Task.Run(async () =>
        {
            await start.Task;
            return await call(stores[i % stores.Length], i);
        }, Cancellation)).ToList();
        start.SetResult();
        return await Task.WhenAll(calls);
    }
}
