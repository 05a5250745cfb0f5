using CsCheck;
using SessionManager.AspNetCore.Redis.Stores;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>What lies under a session's key, whatever it is, neither throws nor makes the store allocate by its
/// say-so.</summary>
public sealed class RecordFuzzTests
{
    private static readonly Gen<RedisValue> Name = Gen.OneOf(
        Const(
            "v", "l", "0", "1", "2", "00", "-1", "+0", "9223372036854775807", "99999999999999999999", ":", ":x", "::",
            "", "ü", "v2"),
        Gen.Byte.Array[0, 3].Select(static bytes => (RedisValue)bytes),
        Gen.Byte.Array[1, 2].Select(static bytes => (RedisValue)(byte[])[(byte)':', .. bytes]));

    private static readonly Gen<RedisValue> Field = Gen.OneOf(
        Gen.Byte.Array[0, 70].Select(static bytes => (RedisValue)bytes),
        Gen.Byte.Array[63].Select(static bytes => (RedisValue)(byte[])[1, .. bytes]),
        Gen.Byte.Array[16, 30].Select(static bytes => (RedisValue)(byte[])[1, 0, 0, 0, .. bytes]),
        Gen.Long.Select(static number => (RedisValue)number),
        Const(
            "1", "2", "", "-1", "0x1", "1e9", "NaN", "99999999999999999999", "1767322800000", " 1", "\0"));

    [Fact]
    public void No_hash_of_fields_throws_or_allocates_by_its_say_so() =>
        Fuzz.Try(Gen.Select(Name, Field).Array[0, 24], static fields =>
        {
            // A hash has a name once.
            HashEntry[] entries =
            [
                .. fields.DistinctBy(static field => Convert.ToHexString((byte[])field.Item1!))
                    .Select(static field => new HashEntry(field.Item1, field.Item2)),
            ];
            StoredRecord record = default;

            var allocated = Fuzz.Allocated(() => record = RecordReader.Read(Guid.NewGuid(), entries));

            Assert.InRange(allocated, 0, 20_000);
            Assert.Equal(entries.Length == 0, record.Session is null);
            if (record.Session is { } session)
            {
                Assert.Equal(session.Status == StoredSessionStatus.Whole, session.Version != 0);
                Assert.InRange(session.Values.Count, 0, entries.Length);
            }
        });

    private static Gen<RedisValue> Const(params RedisValue[] values) =>
        Gen.OneOf([.. values.Select(static value => Gen.Const(value))]);
}
