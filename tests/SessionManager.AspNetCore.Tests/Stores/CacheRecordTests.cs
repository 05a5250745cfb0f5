using System.Text;
using CsCheck;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The stored form of a session in a cache: what is written reads back the same, and stored sessions read back
/// for ever.</summary>
public sealed class CacheRecordTests
{
    /// <summary><see cref="CacheRecords.Fixed()"/> as version 1 writes it. Never change it: caches are full of
    /// these.</summary>
    private const string Version1 =
        "010100009f0000001338d34900112233445566778899aabbccddeeff08070605040302010e23ae7c9b0100002e8fa97c" +
        "9b0100000ec2d27c9b01000006000000050000000400000011000000686561646572616c6963658700000098000000a9" +
        "902c818800000099000000766f8e518c0000009b000000a24a9fd4910000009b000000a1af877c6163617274656d7074" +
        "796772c3b6c39f65317b7d30383135";

    [Fact]
    public void Every_record_reads_back_as_it_was_written() => CacheRecords.Writes.Sample(write =>
    {
        var stored = CacheRecords.Encode(write);

        CacheRecords.AssertSame(write.ApplyTo(before: null), CacheRecords.Open(stored));
        Assert.Equal(StoredSessionStatus.Whole, CacheRecord.Read(write.Id, stored, out var record));
        Assert.Equal(
            (write.UserId, write.UserId is not null, write.IsTombstone, write.KeepUntil.ToUnixTimeMilliseconds()),
            (record.UserId, record.HasUser, record.IsTombstone, record.KeepUntil));
        Assert.True(write.UserId is null || record.IsOf(write.UserId));
        Assert.False(record.IsOf($"{write.UserId}x"));
    });

    [Fact]
    public void A_record_of_format_version_1_reads_back_for_ever() =>
        CacheRecords.AssertSame(
            CacheRecords.Fixed().ApplyTo(before: null), CacheRecords.Open(Convert.FromHexString(Version1)));

    [Fact]
    public void The_format_does_not_change_without_a_new_version() =>
        Assert.Equal(Version1, Convert.ToHexStringLower(CacheRecords.Encode(CacheRecords.Fixed())));

    // Not as inline data: the metadata of an attribute has no half surrogates.
    [Fact]
    public void Users_are_told_apart_whatever_text_they_are()
    {
        string[] users =
        [
            "", "ali\0ce", "\0", "\uD800", "\uDBFF", "\uD800actors:alice", "\uFFFD", "\uFFFDactors:alice", "寿司🍣",
        ];
        foreach (var userId in users)
        {
            CacheRecord.Read(CacheRecords.Id, CacheRecords.Encode(With(CacheRecords.Fixed(1), userId)), out var record);

            Assert.Equal(userId, record.UserId);
            Assert.Equal([userId], users.Where(record.IsOf));
        }
    }

    [Fact]
    public void No_user_is_not_the_empty_one()
    {
        CacheRecord.Read(
            CacheRecords.Id, CacheRecords.Encode(With(CacheRecords.Fixed(1), userId: null)), out var record);

        Assert.Equal((null, false, false), (record.UserId, record.HasUser, record.IsOf("")));
    }

    [Fact]
    public void A_touch_moves_time_and_version_and_nothing_else() => CacheRecords.Writes.Sample(write =>
    {
        var stored = CacheRecords.Encode(write);
        var touch = new SessionTouch
        {
            Id = write.Id,
            NewVersion = 4711,
            LastSeenAt = new DateTimeOffset(2030, 1, 1, 0, 0, 0, 123, TimeSpan.Zero),
            StartedAt = write.StartedAt,
            KeepUntil = write.KeepUntil,
            IndexUntil = write.IndexUntil,
        };
        CacheRecord.Read(write.Id, stored, out var before);

        var touched = before.With(touch, before.KeepUntil);

        CacheRecords.AssertSame(touch.ApplyTo(write.ApplyTo(before: null)), CacheRecords.Open(touched));
        CacheRecord.Read(write.Id, touched, out var after);
        Assert.Equal(
            (before.UserId, before.IsTombstone, before.KeepUntil), (after.UserId, after.IsTombstone, after.KeepUntil));
    });

    [Fact]
    public void Kept_values_merged_with_changes_are_what_a_dictionary_would_hold() =>
        Gen.Select(CacheRecords.Writes, CacheRecords.Writes, CacheRecords.Writes, Gen.Bool).Sample(
            (first, second, third, drops) =>
        {
            var stored = CacheRecords.Encode(first);
            var model = first.ApplyTo(before: null);
            foreach (var write in (SessionWrite[])[second, With(third, drops)])
            {
                stored = CacheRecords.Encode(write, stored);
                model = write.ApplyTo(model);
            }

            CacheRecords.AssertSame(model, CacheRecords.Open(stored));
        });

    [Fact]
    public void Values_of_a_large_record_are_found_by_their_keys()
    {
        var write = CacheRecords.Fixed(1, [.. Enumerable.Range(0, 500).Select(i => ($"key{i}", (string?)$"value{i}"))]);
        var values = CacheRecords.Open(CacheRecords.Encode(write)).Values;

        Assert.All(
            Enumerable.Range(0, 500),
            i => Assert.Equal(Encoding.UTF8.GetBytes($"value{i}"), values[$"key{i}"].ToArray()));
        Assert.False(values.ContainsKey("key"));
        Assert.False(values.ContainsKey("key500"));
        Assert.False(values.TryGetValue(new string('k', 1000), out _));
        Assert.Throws<KeyNotFoundException>(() => values["none"]);
    }

    private static SessionWrite With(SessionWrite write, string? userId) => Copy(write, userId, write.DropsValues);

    private static SessionWrite With(SessionWrite write, bool drops) => Copy(write, write.UserId, drops);

    private static SessionWrite Copy(SessionWrite write, string? userId, bool drops) => new()
    {
        Id = write.Id,
        ExpectedVersion = write.ExpectedVersion,
        NewVersion = write.NewVersion,
        Header = write.Header,
        UserId = userId,
        LastSeenAt = write.LastSeenAt,
        StartedAt = write.StartedAt,
        Now = write.Now,
        KeepUntil = write.KeepUntil,
        IndexUntil = write.IndexUntil,
        DropsValues = drops,
        Values = write.Values,
    };
}
