namespace SessionManager.AspNetCore.StoreConformance;

// The notes of a user's sessions: who is let in, and who is found.
public abstract partial class SessionRecordStoreConformance
{
    /// <summary>Users that a pattern, a prefix, a hash tag, a culture, or a key that is cut off would take for one another.</summary>
    private static readonly string[] LookAlikes =
    [
        "ann", "Ann", "ANN", "ann ", " ann", "ann\0", "ann\r\n", "ann:b", "a:b", "a", "a:", ":", "*", "a*", "?nn", "[a]nn", "{tag}", "{ann}", "user:ann",
        "0", "00", "é", "e\u0301", "а", "ı", "I", "i", "ss", "ß", "😀", "%61nn", "a\\", new('u', 1024), new string('u', 1023) + "v", new('u', 1025),
    ];

    [Fact]
    public async Task A_session_is_noted_before_it_is_there()
    {
        var member = MemberAt(0);
        Assert.Null(await AdmitAsync("ann", member));
        Assert.Equal([member], await FindAsync("ann"));
        Assert.Equal(SessionLookupStatus.NotFound, (await Store.LoadAsync(member.Id, default, Cancellation)).Status);
    }

    [Fact]
    public async Task A_user_of_whom_nothing_is_noted_has_no_sessions() => Assert.Empty(await FindAsync("ann"));

    [Fact]
    public async Task Those_noted_are_found_the_oldest_first_in_whatever_order_they_came()
    {
        var members = await NoteAsync("ann", 3, 0, 2, 4, 1);
        Assert.Equal(members.OrderBy(member => member.AdmittedAt), await FindAsync("ann"));
    }

    [Fact]
    public async Task One_too_many_is_not_noted_and_is_told_of_the_others_the_oldest_first()
    {
        var members = await NoteAsync("ann", 2, 0, 1);
        Assert.Equal(members.OrderBy(member => member.AdmittedAt), await AdmitAsync("ann", MemberAt(3), limit: 3));
        Assert.Equal(members.OrderBy(member => member.AdmittedAt), await AdmitAsync("ann", MemberAt(4), limit: 1));
        Assert.Equal(members.OrderBy(member => member.AdmittedAt), await FindAsync("ann"));
    }

    [Fact]
    public async Task The_last_that_the_limit_allows_is_noted()
    {
        var members = await NoteAsync("ann", 0, 1);
        var last = MemberAt(2);
        Assert.Null(await AdmitAsync("ann", last, limit: 3));
        Assert.Equal([.. members, last], await FindAsync("ann"));
    }

    [Fact]
    public async Task Without_a_limit_all_are_noted()
    {
        var results = await TogetherAsync((store, i) => store.AdmitAsync("ann", MemberAt(i), limit: null, Cancellation).AsTask());
        Assert.All(results, Assert.Null);
        Assert.Equal(Enumerable.Range(0, Many).Select(i => Start.AddMinutes(i)), (await FindAsync("ann")).Select(member => member.AdmittedAt));
    }

    [Fact]
    public async Task One_that_is_noted_already_stays_noted_with_the_new_time_however_many_others_there_are()
    {
        var (first, second, third) = (MemberAt(0), MemberAt(1), MemberAt(2));
        foreach (var member in new[] { first, second, third })
        {
            await AdmitAsync("ann", member);
        }

        var again = first with { AdmittedAt = Start.AddMinutes(5) };
        Assert.Null(await AdmitAsync("ann", again, limit: 3));
        Assert.Equal([second, third, again], await FindAsync("ann"));

        var onceMore = second with { AdmittedAt = Start.AddMinutes(6) };
        Assert.Null(await AdmitAsync("ann", onceMore, limit: 1));
        Assert.Equal([third, again, onceMore], await FindAsync("ann"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Of_many_at_once_no_more_than_the_limit_are_admitted(int limit)
    {
        var members = Enumerable.Range(0, Many).Select(i => MemberAt(i)).ToList();
        var results = await TogetherAsync((store, i) => store.AdmitAsync("ann", members[i], limit, Cancellation).AsTask());

        var admitted = members.Where((_, i) => results[i] is null).ToList();
        Assert.Equal(limit, admitted.Count);
        Assert.Equal(admitted, await FindAsync("ann"));
        Assert.All(results.Where(result => result is not null), result => Assert.Equal(admitted, result));
    }

    [Fact]
    public async Task One_session_that_is_admitted_many_times_at_once_has_one_note_of_the_latest_time()
    {
        var id = Guid.NewGuid();
        var results = await TogetherAsync((store, i) =>
            store.AdmitAsync("ann", new SessionMember(id, Start.AddMinutes(i)), limit: 1, Cancellation).AsTask());
        Assert.All(results, Assert.Null);
        Assert.Equal([new SessionMember(id, Start.AddMinutes(Many - 1))], await FindAsync("ann"));
    }

    [Fact]
    public async Task A_place_that_is_given_back_is_given_to_one_of_many()
    {
        var members = await NoteAsync("ann", 0, 1);
        await DismissAsync("ann", members[0]);
        var results = await TogetherAsync((store, i) => store.AdmitAsync("ann", MemberAt(2 + i), limit: 2, Cancellation).AsTask());
        Assert.Single(results, result => result is null);
        Assert.Equal(2, (await FindAsync("ann")).Count);
    }

    [Fact]
    public async Task A_note_that_is_taken_back_is_gone_and_the_others_stay()
    {
        var members = await NoteAsync("ann", 0, 1, 2);
        await DismissAsync("ann", members[1]);
        Assert.Equal([members[0], members[2]], await FindAsync("ann"));
    }

    [Fact]
    public async Task A_note_is_taken_back_by_a_later_time_than_its_own()
    {
        var members = await NoteAsync("ann", 0, 1);
        await DismissAsync("ann", members[0] with { AdmittedAt = Start.AddMinutes(9) });
        Assert.Equal([members[1]], await FindAsync("ann"));
    }

    [Fact]
    public async Task A_session_that_has_been_noted_again_with_a_later_time_stays_noted()
    {
        var first = MemberAt(0);
        await AdmitAsync("ann", first);
        var again = first with { AdmittedAt = Start.AddMilliseconds(1) };
        await AdmitAsync("ann", again);

        await DismissAsync("ann", first);
        Assert.Equal([again], await FindAsync("ann"));

        await DismissAsync("ann", again);
        Assert.Empty(await FindAsync("ann"));
    }

    [Fact]
    public async Task Taking_back_a_note_that_is_not_there_changes_nothing()
    {
        await DismissAsync("ann", MemberAt(0));
        Assert.Empty(await FindAsync("ann"));
        var members = await NoteAsync("ann", 0);
        await DismissAsync("ann", MemberAt(0));
        Assert.Equal(members, await FindAsync("ann"));
    }

    [Fact]
    public async Task Users_whose_ids_look_alike_are_different_users()
    {
        var members = LookAlikes.ToDictionary(user => user, _ => MemberAt(0), StringComparer.Ordinal);
        foreach (var (user, member) in members)
        {
            Assert.Null(await AdmitAsync(user, member, limit: 1));
        }

        foreach (var (user, member) in members)
        {
            Assert.Equal([member], await FindAsync(user));
            Assert.Equal([member], await AdmitAsync(user, MemberAt(1), limit: 1));
        }

        await DismissAsync("ann", members["ann"]);
        await DismissAsync("*", members["a*"]);
        foreach (var (user, member) in members)
        {
            Assert.Equal(string.Equals(user, "ann", StringComparison.Ordinal) ? [] : [member], await FindAsync(user));
        }
    }

    [Fact]
    public async Task Another_instance_finds_a_session_that_it_has_loaded()
    {
        var member = MemberAt(0);
        await SignedInAsync(Store, "ann", member);
        var other = CreateStore(Lifetime, LongTimeout);
        await other.LoadAsync(member.Id, default, Cancellation);

        Assert.Equal([member], await other.FindMembersAsync("ann", Cancellation));
        Assert.Equal([member], await other.AdmitAsync("ann", MemberAt(1), limit: 1, Cancellation));
    }

    [Fact]
    public async Task What_is_noted_of_a_user_and_for_the_list_is_kept_as_long_as_a_session_can_live_and_no_key_for_ever()
    {
        _ = RequiredMedium;
        await SignedInAsync(Store, "ann", MemberAt(0));
        await SignedInAsync(Store, "ann", MemberAt(1));
        await CreateAsync(("a", "1"));
        await Store.RevokeUnlistedAsync("ann", exceptId: null, Cancellation);

        var keys = await RequiredMedium.ListNoteKeysAsync();
        Assert.NotEmpty(keys);
        foreach (var key in keys)
        {
            var kept = await RequiredMedium.ReadTimeToLiveAsync(key);
            Assert.InRange(kept ?? TimeSpan.MaxValue, Lifetime.UserTimeToLive - TimeSpan.FromMinutes(1), Lifetime.UserTimeToLive * 2);
        }
    }

    private static SessionMember MemberAt(int minutes) => new(Guid.NewGuid(), Start.AddMinutes(minutes));

    private Task<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit = null) =>
        Store.AdmitAsync(userId, member, limit, Cancellation).AsTask();

    private Task DismissAsync(string userId, SessionMember member) => Store.DismissAsync(userId, member, Cancellation).AsTask();

    private Task<IReadOnlyList<SessionMember>> FindAsync(string userId) => Store.FindMembersAsync(userId, Cancellation).AsTask();

    private async Task<List<SessionMember>> NoteAsync(string userId, params int[] minutes)
    {
        var members = minutes.Select(MemberAt).ToList();
        foreach (var member in members)
        {
            Assert.Null(await AdmitAsync(userId, member));
        }

        return members;
    }

    /// <summary>Begins a session with a sign-in, noted before it is saved, as the pipeline does.</summary>
    private static async Task SignedInAsync(ISessionRecords store, string userId, SessionMember member)
    {
        Assert.Null(await store.AdmitAsync(userId, member, limit: null, Cancellation));
        var result = await store.CommitAsync(
            new SessionCommit
            {
                Id = member.Id,
                Now = member.AdmittedAt,
                Creates = true,
                Identity = SignIn(userId, member.AdmittedAt),
                Secret = Replace(NewHash(), null, required: true),
            },
            Cancellation);
        Assert.Equal(SessionCommitOutcome.Committed, result.Outcome);
    }
}
