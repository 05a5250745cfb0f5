using CsCheck;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The list of a user's sessions, as a cache has it, and the keys of users.</summary>
public sealed class UserIndexTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly Gen<List<IndexedSession>> Lists =
        Gen.Select(Gen.Guid, Gen.Long, (id, until) => new IndexedSession(id, until)).List[0, 20];

    [Fact]
    public void Every_list_reads_back_as_it_was_written() =>
        Lists.Sample(list => Assert.Equal(list, UserIndexCodec.Read(UserIndexCodec.Write(list))));

    [Fact]
    public void The_format_does_not_change_without_a_new_version() => Assert.Equal(
        "01" + "d3597753" + "00112233445566778899aabbccddeeff" + "0807060504030201",
        Convert.ToHexStringLower(UserIndexCodec.Write([new IndexedSession(CacheRecords.Id, 0x0102030405060708)])));

    [Fact]
    public void A_damaged_list_is_empty_and_never_another_one() => Lists.Sample(list =>
    {
        var stored = UserIndexCodec.Write(list);
        for (var bit = 8; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Empty(UserIndexCodec.Read(stored));
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.All(Enumerable.Range(0, stored.Length), length => Assert.Empty(UserIndexCodec.Read(stored[..length])));
        Assert.Empty(UserIndexCodec.Read([.. stored, 0]));
        Assert.Empty(UserIndexCodec.Read([0, .. stored[1..]]));
    }, iter: 20);

    [Fact]
    public void A_list_of_a_newer_version_is_not_overwritten()
    {
        byte[] newer = [UserIndexCodec.Format + 1, 1, 2, 3];

        Assert.Throws<SessionStoreException>(() => UserIndexCodec.Read(newer));
        Assert.Throws<SessionStoreException>(() => Add(CacheRecords.Id, Start, Start.AddHours(1)).Apply(newer, out _));
    }

    [Fact]
    public void A_session_is_added_once_and_kept_for_the_longest_time_that_was_said()
    {
        var list = Add(Id(1), Start, Start.AddHours(8)).Apply(null, out var timeToLive);
        Assert.Equal(TimeSpan.FromHours(8), timeToLive);
        Assert.Null(Add(Id(1), Start.AddHours(1), Start.AddHours(8)).Apply(list, out _));
        Assert.Null(Add(Id(1), Start.AddHours(1), Start.AddHours(7)).Apply(list, out _));

        list = Add(Id(2), Start.AddHours(1), Start.AddHours(2)).Apply(list, out timeToLive);
        Assert.Equal(TimeSpan.FromHours(7), timeToLive);
        list = Add(Id(1), Start.AddHours(1), Start.AddHours(10)).Apply(list, out timeToLive);
        Assert.Equal(TimeSpan.FromHours(9), timeToLive);
        Assert.Equal([Id(2), Id(1)], UserIndexCodec.Read(list).Select(session => session.Id));
    }

    [Fact]
    public void Sessions_whose_time_is_over_are_dropped_when_the_list_is_written()
    {
        var list = Add(Id(1), Start, Start.AddHours(1)).Apply(null, out _);
        list = Add(Id(2), Start, Start.AddHours(2)).Apply(list, out _);
        list = Add(Id(3), Start.AddHours(1), Start.AddHours(3)).Apply(list, out _);

        Assert.Equal([Id(2), Id(3)], UserIndexCodec.Read(list).Select(session => session.Id));
    }

    [Fact]
    public void A_session_that_is_removed_leaves_the_others_and_the_last_leaves_an_empty_list()
    {
        var list = Add(Id(1), Start, Start.AddHours(1)).Apply(null, out _);
        list = Add(Id(2), Start, Start.AddHours(2)).Apply(list, out _);
        Assert.Null(Remove(Id(3)).Apply(list, out _));
        Assert.Null(Remove(Id(3)).Apply(null, out _));

        list = Remove(Id(2)).Apply(list, out var timeToLive);
        Assert.Equal((Id(1), TimeSpan.FromHours(1)), (Assert.Single(UserIndexCodec.Read(list)).Id, timeToLive));
        list = Remove(Id(1)).Apply(list, out timeToLive);
        Assert.Equal((0, TimeSpan.Zero), (UserIndexCodec.Read(list!).Count, timeToLive));
    }

    [Fact]
    public void Users_have_keys_of_their_own_that_show_no_user_id()
    {
        string[] users =
        [
            "alice", "Alice", "alice\0", "\0", "", "\uD800", "\uDBFF", "\uFFFD", "\uD800alice", "寿司",
            new string('a', 10_000),
        ];
        var keys = new UserKeys("app:");

        var all = users.SelectMany(user => (string[])[keys.Of(user).Epoch, keys.Of(user).Sessions]);
        Assert.Equal(2 * users.Length, all.Distinct().Count());
        Assert.Equal(users.Length, users.Select(user => keys.Of(user).Hash).Distinct().Count());
        Assert.All(users, user => Assert.Matches("^app:sessions:[0-9a-f]{64}$", keys.Of(user).Sessions));
        Assert.All(users, user => Assert.Matches("^app:user:[0-9a-f]{64}$", keys.Of(user).Epoch));
    }

    [Fact]
    public void The_keys_of_a_user_are_made_once_and_stay_right_when_others_push_them_out()
    {
        var keys = new UserKeys("app:");
        var alice = keys.Of("alice");
        Assert.Same(alice, keys.Of("alice"));

        for (var i = 0; i < 20_000; i++)
        {
            Assert.Equal($"user{i}", keys.Of($"user{i}").UserId);
        }

        var again = keys.Of("alice");
        Assert.Equal((alice.Epoch, alice.Sessions, alice.Hash), (again.Epoch, again.Sessions, again.Hash));
        Assert.NotSame(alice, again);
    }

    private static Guid Id(int number) => new(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);

    private static UserIndexChange Add(Guid id, DateTimeOffset now, DateTimeOffset until) =>
        UserIndexChange.Add("alice", new SessionTouch
        {
            Id = id,
            NewVersion = 1,
            LastSeenAt = now,
            StartedAt = now,
            KeepUntil = until,
            IndexUntil = until,
        });

    private static UserIndexChange Remove(Guid id) => UserIndexChange.Remove("alice", new SessionWrite
    {
        Id = id,
        ExpectedVersion = 1,
        NewVersion = 2,
        Header = default,
        LastSeenAt = Start,
        StartedAt = Start,
        Now = Start,
        KeepUntil = Start,
        IndexUntil = Start,
        IsTombstone = true,
    });
}
