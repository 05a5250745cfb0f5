#pragma warning disable CS1591 // The names of the tests say what they test.

using System.Security.Cryptography;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// The sessions of a user.
public abstract partial class SessionStoreConformance
{
    private static readonly string[] OddUsers =
    [
        "ann", "Ann", "ANN", "ann ", " ann", "an", "anna", "ann\0", "ann\0b", "\0", "ann\n", "ann'", "ann\"", "a%",
        "a_n", "*", "ann:1", "ann/1",
        "\u00e1nn", "a\u0301nn", "i", "I", "\u0130", "\u0131", "ss", "\u00df", "\u5bff\u53f8", "\ud83c\udf63",
        "\uffff", "1", "01",
    ];

    [Fact]
    public async Task Nobodys_sessions_are_none()
    {
        await SwapAsync(NewWrite(0));
        Assert.Empty(await FindAsync(_user));
    }

    [Fact]
    public async Task A_session_is_found_as_it_is_loaded()
    {
        await SwapAsync(NewWrite(0, user: _user, lastSeenAt: Start.AddMilliseconds(9), values: Values(("a", "1"))));
        Assert.Equal(DescribeHead(await LoadAsync()), DescribeHead(Assert.Single(await FindAsync(_user))));
    }

    [Fact]
    public async Task Users_are_told_apart_by_each_of_their_characters()
    {
        var ids = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var user in OddUsers)
        {
            ids[user] = Guid.NewGuid();
            await SwapAsync(NewWrite(0, id: ids[user], user: user + _user));
        }

        foreach (var user in OddUsers)
        {
            Assert.Equal(ids[user], Assert.Single(await FindAsync(user + _user)).Id);
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(5000)]
    [InlineData(ushort.MaxValue)]
    public async Task Long_users_are_told_apart_by_their_last_character(int length)
    {
        var start = NewText(length - 1);
        var (left, right) = ($"{start}a", $"{start}b");
        await SwapAsync(NewWrite(0, user: left));
        Assert.Equal(_id, Assert.Single(await FindAsync(left)).Id);
        Assert.Empty(await FindAsync(right));
    }

    [Fact]
    public async Task Users_that_hash_or_print_alike_are_told_apart()
    {
        await SwapAsync(NewWrite(0, user: _user));
        Assert.Empty(await FindAsync(_user[..^1]));
        Assert.Empty(await FindAsync($"{_user}\0"));
        Assert.Empty(await FindAsync(_user.ToUpperInvariant()));
    }

    [Fact]
    public async Task Sessions_are_found_oldest_first()
    {
        var shuffled = new[] { 3, 0, 4, 1, 2 };
        var ids = await StartSessionsAsync(5, i => Start.AddMilliseconds(shuffled[i]));
        var expected = ids.OrderBy(id => shuffled[Array.IndexOf(ids, id)]);
        Assert.Equal(expected, (await FindAsync(_user)).Select(session => session.Id));
    }

    [Fact]
    public async Task Sessions_of_one_start_are_found_by_the_bytes_of_their_ids()
    {
        var ids = await StartSessionsAsync(8, _ => Start);
        var expected = ids.OrderBy(id => Convert.ToHexString(id.ToByteArray(bigEndian: true)), StringComparer.Ordinal);
        Assert.Equal(expected, (await FindAsync(_user)).Select(session => session.Id));
    }

    [Fact]
    public async Task A_moved_start_moves_the_session_among_those_of_its_user()
    {
        var ids = await StartSessionsAsync(2, i => Start.AddMinutes(i));
        var version = (await LoadAsync(ids[0])).Version;
        await SwapAsync(NewWrite(version, id: ids[0], user: _user, startedAt: Start.AddMinutes(5)));
        Assert.Equal([ids[1], ids[0]], (await FindAsync(_user)).Select(session => session.Id));
    }

    [Fact]
    public async Task Who_is_signed_in_later_has_the_session_and_nobody_else()
    {
        var other = $"{_user}-2";
        var version = await SwapAsync(NewWrite(0, user: _user));
        version = await SwapAsync(NewWrite(version, user: other));
        Assert.Empty(await FindAsync(_user));
        Assert.Equal(version, Assert.Single(await FindAsync(other)).Version);
        version = await SwapAsync(NewWrite(version));
        Assert.Empty(await FindAsync(other));
        version = await SwapAsync(NewWrite(version, user: _user));
        Assert.Equal(version, Assert.Single(await FindAsync(_user)).Version);
    }

    [Fact]
    public async Task A_write_that_leaves_the_index_leaves_the_session_where_it_was()
    {
        var startedAt = Start.AddMinutes(3);
        var version = await SwapAsync(NewWrite(0, user: _user, startedAt: startedAt));
        await SwapAsync(NewWrite(version, header: "next", user: _user, startedAt: startedAt, movesIndex: false));
        var expected = DescribeHead(await LoadAsync());
        Assert.Equal(expected, DescribeHead(Assert.Single(await FindAsync(_user))));
        Assert.Equal(expected, DescribeHead(Assert.Single(await ListAllAsync())));
    }

    [Fact]
    public async Task All_sessions_of_a_user_who_has_many_are_found()
    {
        var ids = await StartSessionsAsync(300, i => Start.AddMilliseconds(i));
        Assert.Equal(ids, (await FindAsync(_user)).Select(session => session.Id));
    }

    [Fact]
    public async Task A_session_is_found_by_a_second_store_as_soon_as_it_is_written()
    {
        var second = RequiredSecondStore;
        for (var i = 0; i < 5; i++)
        {
            var version = await SwapAsync(NewWrite(0, id: Guid.NewGuid(), user: _user, startedAt: Start.AddMinutes(i)));
            Assert.Equal(i + 1, (await FindAsync(_user, second)).Count);
            Assert.Equal(version, (await FindAsync(_user, second))[i].Version);
        }
    }

    /// <summary>A text that no medium makes shorter.</summary>
    private static string NewText(int length) =>
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(length))[..length];

    private async Task<IReadOnlyList<StoredSession>> FindAsync(string user, ISessionRecordStore? store = null) =>
        await (store ?? Store).FindByUserAsync(user, Cancellation);

    /// <summary>Starts sessions of the user of this test.</summary>
    private async Task<Guid[]> StartSessionsAsync(int count, Func<int, DateTimeOffset> startedAt)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToArray();
        for (var i = 0; i < count; i++)
        {
            await SwapAsync(
                NewWrite(0, id: ids[i], user: _user, startedAt: startedAt(i), values: Values(("a", $"{i}"))));
        }

        return ids;
    }
}
