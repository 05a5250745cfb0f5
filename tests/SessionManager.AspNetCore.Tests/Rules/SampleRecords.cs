using System.Globalization;
using System.Text;
using CsCheck;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>Records for tests of the rules: generated, fixed, and as text.</summary>
internal static class SampleRecords
{
    public static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");

    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    private static readonly Gen<string> Text =
        Gen.Int[0, 0x10FFFF].Where(Rune.IsValid)
            .Array[0, 6].Select(runes => string.Concat(runes.Select(rune => new Rune(rune))));

    // Long ones among them: the lengths in a header take one byte or more.
    private static readonly Gen<string> User = Gen.Frequency<string>(
        (4, Text), (1, Gen.Int[60, 20_000].Select(length => new string('ü', length))));

    private static readonly Gen<DateTimeOffset> Time =
        Gen.Long[DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()]
            .Select(DateTimeOffset.FromUnixTimeMilliseconds);

    private static readonly Gen<FormerSecret> Former = Gen.Frequency<FormerSecret>(
        (1, Gen.Const(default(FormerSecret))),
        (3, Gen.Select(
            Gen.Int[1, 3].Select(kind => (FormerSecretKind)kind),
            Gen.Byte.Array[32],
            Gen.Nullable(Time.Where(time => time != DateTimeOffset.UnixEpoch)),
            (kind, hash, until) => new FormerSecret(kind, hash, until))));

    private static readonly Gen<TimeSpan> Duration =
        Gen.Long[1, (long)TimeSpan.FromDays(3650).TotalMilliseconds].Select(static ms => TimeSpan.FromMilliseconds(ms));

    private static readonly Gen<SignInTerms> Terms = Gen.Select(
        Gen.Bool, Gen.Bool, Gen.Nullable(Duration), Gen.Nullable(Duration), Gen.Nullable(Time), Gen.Nullable(
            Gen.Select(Text, Gen.Null(Text), Gen.Null(Text))),
        (persistent, isFixed, idle, absolute, validated, provider) => new SignInTerms
        {
            IsPersistent = persistent,
            IsFixed = isFixed,
            IdleTimeout = idle,
            AbsoluteTimeout = absolute,
            ValidatedAt = validated,
            Provider = provider is { } it ? new ProviderSession(it.Item1, it.Item2, it.Item3) : null,
        });

    private static readonly Gen<SessionRecord> Plain = Gen.Select(
        Gen.Byte.Array[32], Gen.Int[0, int.MaxValue], Gen.Null(User), Gen.Null(
            User), Time, Time, Time, Gen.Nullable(Time),
        (hash, generation, user, owner, created, started, seen, authenticated) => new SessionRecord
        {
            Stored = new StoredSession { Id = Id, Version = generation + 1L, LastSeenAt = seen, StartedAt = started },
            SecretHash = hash,
            SecretIssuedAt = started,
            Generation = generation,
            UserId = user,
            OwnerId = owner ?? user,
            CreatedAt = created,
            StartedAt = started,
            AuthenticatedAt = authenticated,
            Order = started.ToUnixTimeMilliseconds(),
        });

    /// <summary>Records of every kind: in the middle of a rotation, of users with claims, of sign-ins that are not
    /// decided.</summary>
    public static readonly Gen<SessionRecord> Any = Gen.Select(
        Plain, Gen.Null(Gen.Byte.Array[32]), Former, Gen.Nullable(Time), Gen.Nullable(Time), Gen.Nullable(
            Gen.Select(User, Gen.Guid)), Gen.Guid,
        Gen.Select(
            Gen.Byte.Array[0, 300], Gen.Nullable(Gen.Select(Gen.Null(Text), Gen.Null(Text))), Gen.Null(Terms)),
        (record, next, former, issued, order, claim, epoch, rest) => record with
        {
            NextSecretHash = next,
            Former = former,
            SecretIssuedAt = issued ?? record.StartedAt,
            Order = order?.ToUnixTimeMilliseconds() ?? record.Order,
            Claim = claim is { } made ? new SignInClaim(made.Item1, made.Item2) : null,
            Epoch = epoch,
            Principal = rest.Item1,
            Client = rest.Item2 is { } client ? new SessionClient(client.Item1, client.Item2) : null,
            Terms = rest.Item3,
        });

    /// <summary>Thirty-two bytes that count up.</summary>
    public static byte[] Hash(int first) => [.. Enumerable.Range(first, 32).Select(i => (byte)i)];

    /// <summary>A record with every field.</summary>
    public static SessionRecord Full() => Anonymous() with
    {
        NextSecretHash = Hash(10),
        Former = new FormerSecret(FormerSecretKind.Previous, Hash(200), Start.AddMinutes(4)),
        SecretIssuedAt = Start.AddMinutes(5),
        Generation = 300,
        UserId = "größe",
        OwnerId = "bob",
        StartedAt = Start.AddMinutes(1),
        AuthenticatedAt = Start.AddMinutes(2),
        Order = Start.AddMinutes(6).ToUnixTimeMilliseconds(),
        Claim = new SignInClaim("eve", new Guid("0f0e0d0c-0b0a-0908-0706-050403020100")),
        Epoch = new Guid("ffeeddcc-bbaa-9988-7766-554433221100"),
        Client = new SessionClient("Phone/1.0", null),
        Principal = "claims"u8.ToArray(),
        Terms = FullTerms(),
    };

    /// <summary>Terms with every part.</summary>
    public static SignInTerms FullTerms() => new()
    {
        IsPersistent = true,
        IsFixed = true,
        IdleTimeout = TimeSpan.FromDays(2),
        AbsoluteTimeout = TimeSpan.FromDays(20),
        ValidatedAt = Start.AddMinutes(7),
        Provider = new ProviderSession("https://id.example", "sid-1", "größe"),
    };

    /// <summary>The record of a session that nobody has signed in to.</summary>
    public static SessionRecord Anonymous() => new()
    {
        Stored = new StoredSession { Id = Id, Version = 4711, LastSeenAt = Start.AddMinutes(3), StartedAt = Start },
        SecretHash = Hash(100),
        SecretIssuedAt = Start,
        CreatedAt = Start,
        StartedAt = Start,
        Order = Start.ToUnixTimeMilliseconds(),
    };

    /// <summary>The same record, stored otherwise.</summary>
    public static SessionRecord StoredWith(
        this SessionRecord record,
        DateTimeOffset? lastSeenAt = null,
        long? version = null,
        ReadOnlyMemory<byte> header = default,
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? values = null) => record with
        {
            Stored = new StoredSession
            {
                Id = record.Id,
                Version = version ?? record.Version,
                Header = header,
                LastSeenAt = lastSeenAt ?? record.LastSeenAt,
                StartedAt = record.StartedAt,
                Values = values ?? record.Values,
            },
        };

    /// <summary>The record of a session that a user has signed in to.</summary>
    public static SessionRecord Of(string userId) =>
        Anonymous() with { UserId = userId, OwnerId = userId, AuthenticatedAt = Start };

    /// <summary>The record of a session in which a user acts as another one.</summary>
    public static SessionRecord ActingAs(string userId, string actorId, Guid actorEpoch = default) =>
        Of(userId) with { Principal = new ActorFrame(actorId, actorEpoch, default, []).Write() };

    /// <summary>A record as a store has it, with this header.</summary>
    public static StoredSession Stored(
        ReadOnlyMemory<byte> header, Guid? id = null, SessionRecord? record = null) => new()
        {
            Id = id ?? Id,
            Version = record?.Version ?? 4711,
            Header = header,
            LastSeenAt = record?.LastSeenAt ?? Start,
            StartedAt = record?.StartedAt ?? Start,
        };

    public static SessionLookup Decode(byte[] header, Guid? id = null) => HeaderCodec.Decode(Stored(header, id));

    /// <summary>All that a header says, and what stands beside it, as one comparable text.</summary>
    public static string Describe(SessionRecord? record) => record is null ? "none" : string.Join('\n', [
        string.Create(
            CultureInfo.InvariantCulture,
                $"{record.Id} {record.Version} {record.Generation} {record.Order} {record.Epoch}"),
        $"{record.UserId ?? "-"} {record.OwnerId ?? "-"} {record.Claim}",
        $"{record.CreatedAt:O} {record.StartedAt:O} {record.AuthenticatedAt:O} {record.SecretIssuedAt:O}",
        $"{record.LastSeenAt:O}",
        $"{Hex(record.SecretHash)} {Hex(record.NextSecretHash)}",
        $"{record.Former.Kind} {Hex(record.Former.Hash)} {record.Former.Until:O}",
        $"{record.Client?.ToString() ?? "-"} {Hex(record.Principal)} {record.Terms}"]);

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
