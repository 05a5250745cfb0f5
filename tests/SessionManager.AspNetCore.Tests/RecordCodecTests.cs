using CsCheck;
using SessionManager.AspNetCore.Records;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The stored form of a session: what is written reads back the same, and stored sessions of old read back for ever.</summary>
public sealed class RecordCodecTests
{
    /// <summary><see cref="StoredRecords.Fixed"/> as version 1 writes it. Never change it: stores are full of these.</summary>
    private const string Version1 =
        "0100ff00790100009ba10ffe00112233445566778899aabbccddeeff6465666768696a6b6c6d6e6f7071727374757677" +
        "78797a7b7c7d7e7f8081828303000000000000002e8fa97c9b0100008e79aa7c9b010000ee63ab7c9b0100004e4eac7c" +
        "9b0100000600000005000000030000002000000066000000616c696365626f620e23ae7c9b0100000a0b0c0d0e0f1011" +
        "12131415161718191a1b1c1d1e1f20212223242526272829c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf" +
        "e0e1e2e3e4e5e6e7ae38ad7c9b010000ffeeddccbbaa99887766554433221100636c61696d732e0100004e010000be37" +
        "85b03201000060010000a8256f1e370100006501000018d9cfb13c010000660100002442417d43010000720100007134" +
        "db2c49010000760100007b7636bc63617274636f756e74656d7074796772c3b6c39f656c656761637970686f746f047b" +
        "226974656d73223a5b312c322c335d7d020000002a0101736368c3b66e20f09f98800001020303ffd8";

    [Fact]
    public void Every_record_reads_back_as_it_was_written() =>
        StoredRecords.Rich.Sample(record =>
        {
            var lookup = RecordCodec.Decode(record.Id, StoredRecords.Encode(record));

            Assert.Equal(SessionLookupStatus.Found, lookup.Status);
            StoredRecords.AssertSame(record, lookup.Record);
        });

    [Fact]
    public void A_record_of_format_version_1_reads_back_for_ever() =>
        StoredRecords.AssertSame(StoredRecords.Fixed(), RecordCodec.Decode(StoredRecords.Id, Convert.FromHexString(Version1)).Record);

    [Fact]
    public void The_format_does_not_change_without_a_new_version() =>
        Assert.Equal(Version1, Convert.ToHexStringLower(StoredRecords.Encode(StoredRecords.Fixed())));

    [Fact]
    public void A_touch_moves_the_time_and_nothing_else() =>
        StoredRecords.Rich.Sample(record =>
        {
            var seen = new DateTimeOffset(2030, 1, 1, 0, 0, 0, 123, TimeSpan.Zero);
            var touched = RecordCodec.Decode(record.Id, RecordCodec.WithLastSeen(StoredRecords.Encode(record), seen)).Record;

            Assert.Equal(seen, touched!.LastSeenAt);
            StoredRecords.AssertSame(WithLastSeen(record, seen), touched);
        });

    [Fact]
    public void Kept_entries_merged_with_changes_are_what_a_dictionary_would_hold() =>
        Gen.Select(StoredRecords.Values, StoredRecords.Changes.Array[1, 4]).Sample((initial, commits) =>
        {
            var model = new Dictionary<string, SessionValue>(initial, StringComparer.Ordinal);
            var record = StoredRecords.Fixed();
            var stored = RecordCodec.Encode(record, PackedValues.Empty, new PackedChanges(initial.ToDictionary(pair => pair.Key, pair => (SessionValue?)pair.Value, StringComparer.Ordinal)));
            foreach (var changes in commits)
            {
                var kept = (PackedValues)RecordCodec.Decode(record.Id, stored).Record!.Values;
                stored = RecordCodec.Encode(record, kept, new PackedChanges(changes));
                ApplyTo(model, changes);
            }

            var merged = RecordCodec.Decode(record.Id, stored).Record!;
            StoredRecords.AssertSame(model, merged.Values);
            Assert.Equal(model.Sum(pair => LayeredValues.SizeOf(pair.Key, pair.Value)), merged.ValueBytes);
        });

    [Fact]
    public void Changes_laid_over_a_record_show_what_the_store_would_hold() =>
        Gen.Select(StoredRecords.Any, StoredRecords.Changes, StoredRecords.Changes, Gen.Bool).Sample((record, first, second, drops) =>
        {
            var model = new Dictionary<string, SessionValue>(record.Values, StringComparer.Ordinal);
            foreach (var commit in (SessionCommit[])[CommitOf(first, drops: false), CommitOf(second, drops)])
            {
                if (commit.DropsValues)
                {
                    model.Clear();
                }

                ApplyTo(model, commit.Values!);
                record = CommitRules.Apply(record, commit, secretChanged: false);
            }

            StoredRecords.AssertSame(model, record.Values);
            Assert.Equal(model.Sum(pair => LayeredValues.SizeOf(pair.Key, pair.Value)), record.ValueBytes);
        });

    [Theory]
    [InlineData(SessionEndReason.Expired)]
    [InlineData(SessionEndReason.SignedOut)]
    [InlineData(SessionEndReason.Revoked)]
    public void A_tombstone_remembers_the_reason_and_nothing_else(SessionEndReason reason)
    {
        var lookup = RecordCodec.Decode(StoredRecords.Id, RecordCodec.EncodeTombstone(StoredRecords.Id, reason));

        Assert.Equal(new SessionLookup(SessionLookupStatus.Ended, EndReason: reason), lookup);
    }

    private static SessionCommit CommitOf(IReadOnlyDictionary<string, SessionValue?> changes, bool drops) =>
        new() { Id = StoredRecords.Id, Now = DateTimeOffset.UnixEpoch, Values = changes, DropsValues = drops };

    private static void ApplyTo(Dictionary<string, SessionValue> model, IReadOnlyDictionary<string, SessionValue?> changes)
    {
        foreach (var (key, value) in changes)
        {
            model.Remove(key);
            if (value is { } set)
            {
                model[key] = set;
            }
        }
    }

    private static SessionRecord WithLastSeen(SessionRecord record, DateTimeOffset seen) => new()
    {
        Id = record.Id,
        SecretHash = record.SecretHash,
        NextSecretHash = record.NextSecretHash,
        PreviousSecretHash = record.PreviousSecretHash,
        PreviousValidUntil = record.PreviousValidUntil,
        ReplacedSecretHash = record.ReplacedSecretHash,
        ReplacedUntil = record.ReplacedUntil,
        SecretIssuedAt = record.SecretIssuedAt,
        Principal = record.Principal,
        Client = record.Client,
        Epoch = record.Epoch,
        Generation = record.Generation,
        UserId = record.UserId,
        OwnerId = record.OwnerId,
        CreatedAt = record.CreatedAt,
        StartedAt = record.StartedAt,
        AuthenticatedAt = record.AuthenticatedAt,
        LastSeenAt = seen,
        Values = record.Values,
        ValueBytes = record.ValueBytes,
    };
}
