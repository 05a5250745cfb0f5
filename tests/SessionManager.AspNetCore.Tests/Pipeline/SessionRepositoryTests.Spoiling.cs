using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// What is stored and can't be read: a header or a whole record, damaged or of a newer version.
public abstract partial class SessionRepositoryTests
{
    /// <summary>What of a session can be spoiled: its header, by any store, and its record, where a test can get behind
    /// the store.</summary>
    public static TheoryData<string> Parts => ["header", "record"];

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_damaged_is_unreadable_and_no_exception(string part)
    {
        await CreateAsync(("theme", "dark"));
        await DamageAsync(_id, part);
        Assert.Equal((SessionLookupStatus.Unreadable, null), await StatusAsync());
        Assert.NotNull((await LookUpAsync()).Stored);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_damaged_tombstone_is_unreadable_and_no_exception(string part)
    {
        await CreateAsync();
        await EndAsync();
        await DamageAsync(_id, part);
        Assert.Equal((SessionLookupStatus.Unreadable, null), await StatusAsync());
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_of_a_newer_version_is_found_as_newer(string part)
    {
        await CreateAsync(("theme", "dark"));
        await MakeNewerAsync(_id, part);
        Assert.Equal((SessionLookupStatus.Newer, null), await StatusAsync());
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task No_change_of_what_is_damaged_is_applied(string part)
    {
        await CreateAsync(("theme", "dark"));
        await DamageAsync(_id, part);
        await RefusedAsync(SessionCommitOutcome.Gone, Change(("theme", "light")));
        await RefusedAsync(SessionCommitOutcome.Gone, SignInOf("eve", Start));
        await TouchAsync(Start.AddMinutes(5));
        Assert.Equal((SessionLookupStatus.Unreadable, null), await StatusAsync());
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_of_a_newer_version_and_not_ended_is_left_alone(string part)
    {
        await CreateAsync(("theme", "dark"));
        await MakeNewerAsync(_id, part);

        await RefusedAsync(SessionCommitOutcome.Gone, Change(("theme", "light")));
        Assert.False(await Node.EndExpiredAsync(_id, Start.AddYears(1)));
        Assert.False(await Node.EndExpiredAsync(_id, Start.AddYears(1), known: Base()));

        Assert.Equal((SessionLookupStatus.Newer, null), await StatusAsync());
    }

    [Fact]
    public async Task Nothing_begins_under_an_id_under_which_there_is_a_header_that_can_not_be_read()
    {
        await CreateAsync(("theme", "dark"));
        await MakeNewerAsync(_id, "header");
        await RefusedAsync(SessionCommitOutcome.Gone, Creation(values: ("theme", "light")));
        await EndAsync();
        await DamageAsync(_id, "header");
        await RefusedAsync(SessionCommitOutcome.Gone, Creation(values: ("theme", "light")));
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_of_a_newer_version_is_ended_for_good(string part)
    {
        foreach (var condition in (SessionEndCondition[])[default, new() { UserId = "ann" }, new() { OwnerId = "ann" }])
        {
            var id = Guid.NewGuid();
            await CommittedAsync(CreationOf(id, Start, "ann"));
            await MakeNewerAsync(id, part);

            Assert.True(await Node.EndAsync(id, SessionEndReason.SignedOut, condition));

            Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.SignedOut), await StatusAsync(id: id));
            Assert.False(await Node.EndAsync(id, SessionEndReason.Revoked, condition));
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_damaged_is_ended_though_there_is_no_session_to_end(string part)
    {
        await CreateAsync(("a", "1"));
        await DamageAsync(_id, part);

        Assert.False(await EndAsync());

        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.SignedOut), await StatusAsync());
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_damaged_is_ended_for_the_owner_it_was_found_under_and_its_values_are_gone(string part)
    {
        await CommittedAsync(Creation(SignIn("ann", Start), values: ("a", "1")));
        await DamageAsync(_id, part);

        Assert.False(await Node.EndAsync(_id, SessionEndReason.Revoked, new SessionEndCondition { UserId = "ann" }));
        Assert.Equal((SessionLookupStatus.Unreadable, null), await StatusAsync());
        await Node.EndOwnedAsync(_id, "ann");

        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync());
        Assert.Empty((await RawAsync(_id))!.Values);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_is_spoiled_hides_no_other_session(string part)
    {
        var ids = await BeginAsync([.. Enumerable.Range(0, 5).Select(i => Start.AddMinutes(i - 6))]);
        await DamageAsync(ids[1], part);
        await MakeNewerAsync(ids[3], part);

        Assert.Equal([ids[4], ids[2], ids[0]], (await Node.ListAsync()).Select(record => record.Id));
    }

    [Fact]
    public async Task A_damaged_value_is_absent_and_costs_no_other_value()
    {
        await CreateAsync(("a", "1"), ("b", "2"));
        await RewriteAsync(
            _id, header => header, new(
                StringComparer.Ordinal)
            { ["a"] = new byte[] { 99, 1 }, ["c"] = ReadOnlyMemory<byte>.Empty });

        var record = await LoadAsync();
        Assert.Equal(["b"], record.Keys);
        Assert.False(record.TryGetValue("a", out _));

        await CommittedAsync(Change(("a", "3")));
        Assert.Equal(["a", "b"], (await LoadAsync()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_evicted_record_is_not_found()
    {
        Assert.SkipWhen(Evict is null, "This medium loses nothing.");
        await CreateAsync(("theme", "dark"));
        await Evict(_id);
        Assert.Equal((SessionLookupStatus.NotFound, null), await StatusAsync());
        await RefusedAsync(SessionCommitOutcome.Gone, Change(("theme", "light")));
        Assert.False(await TouchAsync(Start.AddMinutes(5)));
        Assert.False(await Node.EndAsync(_id, SessionEndReason.Revoked, known: Base()));
        Assert.Equal((SessionLookupStatus.NotFound, null), await StatusAsync());
    }

    /// <summary>What the store has, past the repository.</summary>
    private Task<StoredSession?> RawAsync(Guid id) => Node.Store.LoadAsync(id, Cancellation).AsTask();

    private Task DamageAsync(Guid id, string part) => part == "header"
        ? RewriteAsync(id, header => header[..^1])
        : (DamageRecord ?? throw Skip())(id);

    private Task MakeNewerAsync(Guid id, string part) => part == "header"
        ? RewriteAsync(id, header => [(byte)(header[0] + 1), .. header[1..]])
        : (MakeRecordNewer ?? throw Skip())(id);

    private static InvalidOperationException Skip()
    {
        Assert.Skip("No test gets behind this store.");
        return new InvalidOperationException();
    }

    private async Task RewriteAsync(
        Guid id, Func<byte[], byte[]> change, Dictionary<string, ReadOnlyMemory<byte>?>? values = null)
    {
        var stored = (await RawAsync(id))!;
        var write = new SessionWrite
        {
            Id = id,
            ExpectedVersion = stored.Version,
            NewVersion = Random.Shared.NextInt64(1, long.MaxValue),
            Header = change(stored.Header.ToArray()),
            LastSeenAt = stored.LastSeenAt,
            UserId = HeaderCodec.Decode(stored).Record is { } record ? SessionUsers.IndexOf(record) : null,
            StartedAt = stored.StartedAt,
            Now = Start,
            KeepUntil = Start + Lifetime.RecordTimeToLive,
            IndexUntil = Start + Lifetime.UserTimeToLive,
            Values = values ?? [],
        };
        Assert.True((await Node.Store.WriteAsync(write, Cancellation)).IsSwapped);
    }
}
