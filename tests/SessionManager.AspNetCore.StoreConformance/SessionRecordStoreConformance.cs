using System.Security.Cryptography;
using System.Text;

namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>
/// The contract of <see cref="ISessionRecords"/>, one test for each sentence of its doc comments. Derive a class and say how
/// to make a store. xUnit makes an instance for each test: a class that makes its medium in the constructor, or in
/// <c>IAsyncLifetime</c>, gives each test a fresh one.
/// </summary>
public abstract partial class SessionRecordStoreConformance
{
    /// <summary>How long the sessions of this suite live.</summary>
    protected static readonly SessionLifetime Lifetime =
        new(TimeSpan.FromMinutes(20), TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));

    /// <summary>When they begin. It is not the time of any clock: a store that asked its own would be found out.</summary>
    protected static readonly DateTimeOffset Start = new(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(20);

    private readonly Guid _id = Guid.NewGuid();
    private readonly byte[] _secret = NewHash();
    private ISessionRecords? _store;

    /// <summary>Whether several instances over one medium are as exact as one. Not so where the guarantee ends at the process.</summary>
    protected virtual bool IsExactAcrossInstances => true;

    /// <summary>A look behind the store. Tests that need it are skipped when there is none.</summary>
    protected virtual ISessionStoreMedium? Medium => null;

    /// <summary>Faults of the medium. Tests that need them are skipped when there are none.</summary>
    protected virtual ISessionStoreFaults? Faults => null;

    /// <summary>The store under test.</summary>
    protected ISessionRecords Store => _store ??= CreateStore(Lifetime, LongTimeout);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ISessionStoreMedium RequiredMedium
    {
        get
        {
            Assert.SkipWhen(Medium is null, "This store gives no look behind it.");
            return Medium;
        }
    }

    private ISessionStoreFaults RequiredFaults
    {
        get
        {
            Assert.SkipWhen(Faults is null, "The medium of this store can't be made to fail.");
            return Faults;
        }
    }

    /// <summary>Whether an operation calls the medium: not where the store knows the answer itself. Then it is to go on while the medium fails.</summary>
    protected virtual bool CallsMedium(StoreOperation operation) => true;

    /// <summary>Makes another instance over the medium of this test.</summary>
    protected abstract ISessionRecords CreateStore(SessionLifetime lifetime, TimeSpan ioTimeout);

    private static byte[] NewHash() => RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    private static SessionValue Text(string text) => new(SessionValueKind.Text, Encoding.UTF8.GetBytes(text));

    private static SessionIdentity SignIn(string userId, DateTimeOffset at, bool again = false) =>
        new(userId, userId, at, at, MovesGeneration: !again);

    private static SessionSecretChange Replace(byte[] next, byte[]? expected, bool required = false) => new(next, expected, required);

    private static Dictionary<string, SessionValue?> Changes(params (string Key, string? Value)[] changes) =>
        changes.ToDictionary(change => change.Key, change => change.Value is null ? (SessionValue?)null : Text(change.Value), StringComparer.Ordinal);

    private SessionCommit Creation(SessionIdentity? identity = null, byte[]? secret = null, params (string Key, string? Value)[] values) => new()
    {
        Id = _id,
        Now = Start,
        Creates = true,
        Identity = identity,
        Secret = Replace(secret ?? _secret, null, required: true),
        Values = Changes(values),
    };

    /// <summary>A commit of some values, a minute after the session began.</summary>
    private SessionCommit Change(params (string Key, string? Value)[] values) => new()
    {
        Id = _id,
        Now = Start.AddMinutes(1),
        Values = Changes(values),
    };

    private Task<SessionCommitResult> CommitAsync(SessionCommit commit) => Store.CommitAsync(commit, Cancellation).AsTask();

    private Task<bool> EndAsync(SessionEndReason reason = SessionEndReason.SignedOut) => Store.EndAsync(_id, reason, cancellationToken: Cancellation).AsTask();

    private Task<bool> TouchAsync(DateTimeOffset now) => TouchAsync(new RecordTouch(_secret, now, Allowed: true));

    private Task<bool> TouchAsync(RecordTouch touch) => Store.TouchAsync(_id, touch, Cancellation).AsTask();

    /// <summary>Loads without touching.</summary>
    private Task<SessionLookup> LookUpAsync() => Store.LoadAsync(_id, new RecordTouch(_secret, Start, Allowed: false), Cancellation).AsTask();

    private async Task<SessionRecord> LoadAsync()
    {
        var lookup = await LookUpAsync();
        Assert.Equal(SessionLookupStatus.Found, lookup.Status);
        Assert.Null(lookup.EndReason);
        return Assert.IsType<SessionRecord>(lookup.Record);
    }

    private async Task CreateAsync(params (string Key, string? Value)[] values) =>
        Assert.Equal(
            new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true),
            await CommitAsync(Creation(values: values)));

    private async Task CommittedAsync(SessionCommit commit) =>
        Assert.Equal(SessionCommitOutcome.Committed, (await CommitAsync(commit)).Outcome);

    /// <summary>Everything about the stored session, as one comparable text.</summary>
    private async Task<string> DescribeAsync()
    {
        var lookup = await LookUpAsync();
        return lookup.Record is not { } record
            ? $"{lookup.Status} {lookup.EndReason}"
            : string.Join('|', [
                $"{Convert.ToHexString(record.SecretHash.Span)} {record.Generation} {record.UserId} {record.OwnerId}",
                $"{record.CreatedAt:O} {record.StartedAt:O} {record.AuthenticatedAt:O} {record.LastSeenAt:O} {record.ValueBytes}",
                .. ValuesOf(record)]);
    }

    private static IEnumerable<string> ValuesOf(SessionRecord record) =>
        record.Values
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"{entry.Key}={Encoding.UTF8.GetString(entry.Value.Data.Span)}");

    /// <summary>Runs a commit and asserts that it was refused and that nothing at all has changed.</summary>
    private async Task RefusedAsync(SessionCommitOutcome outcome, SessionCommit commit)
    {
        var before = await DescribeAsync();
        var result = await CommitAsync(commit);
        Assert.Equal((outcome, false), (result.Outcome, result.SecretChanged));
        Assert.Equal(before, await DescribeAsync());
    }
}
