using CsCheck;
using SessionManager.AspNetCore.Redis.Stores;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>What lies under a session's key, whatever it is, neither throws nor makes us allocate by its say-so.</summary>
public sealed class RedisFuzzTests
{
    private static readonly Gen<RedisValue> Name = Gen.OneOf<RedisValue>(
        [.. new[] { "f", "s", "n", "p", "q", "i", "g", "u", "o", "c", "b", "a", "l", "k", "e", "v:", "v:x", "v", "", "ü" }.Select(name => Gen.Const((RedisValue)name))]);

    private static readonly Gen<RedisValue> Field = Gen.OneOf(
        Gen.Byte.Array[0, 40].Select(bytes => (RedisValue)bytes),
        Gen.Byte.Array[32].Select(bytes => (RedisValue)bytes),
        Gen.Long.Select(number => (RedisValue)number),
        Gen.OneOf<RedisValue>([.. new[] { "1", "2", "", "-1", "0x1", "1e9", "NaN", "99999999999999999999", "1767322800000", " 1", "\0" }.Select(text => Gen.Const((RedisValue)text))]));

    [Fact]
    public void No_hash_of_fields_throws_or_allocates_by_its_say_so() =>
        Fuzz.Try(Gen.Select(Name, Field).Array[0, 24], fields =>
        {
            var damaged = 0;
            var entries = fields.Select(field => new HashEntry(field.Item1, field.Item2)).ToArray();
            SessionLookup lookup = default;

            var allocated = Fuzz.Allocated(() =>
            {
                lookup = RedisRecord.Read(Guid.Empty, entries, _ => damaged++);
                _ = lookup.Record?.Values.Select(pair => pair.Value.Data.Length).Sum();
            });

            Assert.InRange(allocated, 0, 20_000);
            Assert.Equal(lookup.Status == SessionLookupStatus.Found, lookup.Record is not null);
            Assert.True(lookup.Record is null || lookup.Record.SecretHash.Length == 32);
        });
}
