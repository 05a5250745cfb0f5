using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>
/// What becomes of sessions, whatever store keeps them: the rules, decided by any number of processes at once. Derive a
/// class and say how to make a store. Each test has a medium of its own. A commit is made on the record that its
/// request loaded at the beginning of the test, so most of them are decided again on what is stored by then.
/// </summary>
public abstract partial class SessionRepositoryTests : IAsyncDisposable
{
    /// <summary>When the sessions begin. It is not the time of any clock: a store that asked its own would be found
    /// out.</summary>
    private static readonly DateTimeOffset Start = new(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);

    /// <summary>How long the sessions of this suite live.</summary>
    private protected static readonly SessionLifetime Lifetime =
        new(TimeSpan.FromMinutes(20), TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));

    private static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(20);

    private readonly Guid _id = Guid.NewGuid();
    private readonly byte[] _secret = NewHash();
    private readonly FakeTimeProvider _clock = new(Start);
    private readonly ConcurrentDictionary<Guid, SessionRecord> _loaded = [];
    private readonly List<SessionNode> _nodes = [];
    private SessionNode? _node;

    /// <summary>Whether several processes over one medium are as exact as one. Not so where the guarantee ends at the
    /// process.</summary>
    protected virtual bool IsExactAcrossNodes => true;

    /// <summary>Spoils what is stored for a session, so that the store can't read it any more. Tests that need it are
    /// skipped without it.</summary>
    protected virtual Func<Guid, Task>? DamageRecord => null;

    /// <summary>Makes what is stored for a session look written by a newer version of the store.</summary>
    protected virtual Func<Guid, Task>? MakeRecordNewer => null;

    /// <summary>Loses what is stored for a session, as a medium that runs out of memory does.</summary>
    protected virtual Func<Guid, Task>? Evict => null;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The process of this test.</summary>
    private SessionNode Node => _node ??= NewNode();

    /// <summary>Makes another instance of the store over the medium of this test.</summary>
    /// <param name="ioTimeout">The timeout of a call.</param>
    protected abstract ISessionRecordStore CreateStore(TimeSpan ioTimeout);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    /// <summary>Another process over the medium of this test.</summary>
    private SessionNode NewNode()
    {
        var node = new SessionNode(CreateStore(LongTimeout), _clock, options =>
        {
            options.IOTimeout = LongTimeout;
            (options.IdleTimeout, options.AbsoluteTimeout, options.TouchInterval) =
                (Lifetime.IdleTimeout, Lifetime.AbsoluteTimeout, Lifetime.TouchInterval);
        });
        _nodes.Add(node);
        return node;
    }

    private static byte[] NewHash() => RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    private static SessionValue Text(string text) =>
        SessionValue.Of(SessionValueKind.Text, Encoding.UTF8.GetBytes(text));

    private static SessionIdentity SignIn(string userId, DateTimeOffset at, bool again = false) =>
        new(userId, userId, at, at, MovesGeneration: !again);

    private static SessionIdentity SignOut() => new(null, null, null, null, MovesGeneration: true);

    private static SessionSecretChange Replace(byte[] next, byte[]? expected, bool required = false) =>
        new(next, expected, required);

    private static Dictionary<string, ReadOnlyMemory<byte>?> Changes(params (string Key, string? Value)[] changes) =>
        changes.ToDictionary(
        change => change.Key,
        change => change.Value is null ? (ReadOnlyMemory<byte>?)null : Text(change.Value).Stored,
        StringComparer.Ordinal);

    /// <summary>The record that a request had loaded when the session had just begun, or, under a later generation,
    /// some time since. Where nothing has begun, it is one that is stored nowhere.</summary>
    private SessionRecord Base(long generation = 0, Guid? id = null)
    {
        var loaded = _loaded.GetValueOrDefault(id ?? _id) ?? Elsewhere(
            CommitRules.Create(CreationOf(id ?? _id, Start)));
        return generation == loaded.Generation ? loaded : Elsewhere(loaded) with { Generation = generation };

        static SessionRecord Elsewhere(SessionRecord record) => record with
        {
            Stored = new StoredSession
            {
                Id = record.Id,
                Version = 4711,
                LastSeenAt = record.LastSeenAt,
                StartedAt = record.StartedAt,
                Values = record.Values,
            },
        };
    }

    private SessionCommit Creation(
        SessionIdentity? identity = null, byte[]? secret = null, params (string Key, string? Value)[] values) => new()
        {
            Id = _id,
            Now = Start,
            Identity = identity,
            Secret = Replace(secret ?? _secret, null, required: true),
            Values = Changes(values),
        };

    private static SessionCommit CreationOf(Guid id, DateTimeOffset now, string? userId = null) => new()
    {
        Id = id,
        Now = now,
        Identity = userId is null ? null : SignIn(userId, now),
        Secret = Replace(NewHash(), null, required: true),
    };

    /// <summary>A commit of some values, a minute after the session began.</summary>
    private SessionCommit Change(params (string Key, string? Value)[] values) => ChangeUnder(0, values);

    private SessionCommit ChangeUnder(long generation, params (string Key, string? Value)[] values) =>
        new() { Id = _id, Now = Start.AddMinutes(1), Base = Base(generation), Values = Changes(values) };

    private SessionCommit SignInOf(string userId, DateTimeOffset now, bool again = false, long generation = 0) =>
        new() { Id = _id, Now = now, Base = Base(generation), Identity = SignIn(userId, now, again) };

    private Task<SessionCommitResult> CommitAsync(SessionCommit commit) => CommitAsync(Node, commit);

    private async Task<SessionCommitResult> CommitAsync(SessionNode node, SessionCommit commit)
    {
        var result = await node.CommitAsync(commit);
        if (commit.Creates && result.Outcome == SessionCommitOutcome.Committed)
        {
            _loaded.TryAdd(commit.Id, result.AfterOf(commit));
        }

        return result;
    }

    private Task<bool> EndAsync(SessionEndReason reason = SessionEndReason.SignedOut) => Node.EndAsync(_id, reason);

    private Task<bool> TouchAsync(DateTimeOffset now) => Node.TouchAsync(Base(), now);

    private Task<SessionLookup> LookUpAsync() => Node.LoadAsync(_id);

    private async Task<(SessionLookupStatus Status, SessionEndReason? Reason)> StatusAsync(
        SessionNode? node = null, Guid? id = null) =>
        await (node ?? Node).LoadAsync(id ?? _id) is var found ? (found.Status, found.EndReason) : default;

    private async Task<SessionRecord> LoadAsync()
    {
        var found = await LookUpAsync();
        Assert.Equal((SessionLookupStatus.Found, null), (found.Status, found.EndReason));
        return found.Record!;
    }

    private async Task CreateAsync(params (string Key, string? Value)[] values) =>
        await CommittedAsync(Creation(values: values));

    private Task CommittedAsync(SessionCommit commit) => CommittedAsync(Node, commit);

    private async Task CommittedAsync(SessionNode node, SessionCommit commit) =>
        Assert.Equal(SessionCommitOutcome.Committed, (await CommitAsync(node, commit)).Outcome);

    /// <summary>Commits, and asserts that the commit's secret became the session's.</summary>
    private async Task SecretChangedAsync(SessionCommit commit, bool changed = true)
    {
        var result = await CommitAsync(commit);
        Assert.Equal((SessionCommitOutcome.Committed, changed), (result.Outcome, result.SecretChanged));
    }

    /// <summary>Everything about the stored session, as one comparable text.</summary>
    private async Task<string> DescribeAsync()
    {
        var found = await LookUpAsync();
        return found.Record is not { } record
            ? $"{found.Status} {found.EndReason}"
            : string.Join('|', [
                $"{Hex(record.SecretHash)} {Hex(record.NextSecretHash)} {record.Generation}",
                $"{record.UserId} {record.OwnerId} {record.Claim}",
                $"{record.Former.Kind} {Hex(record.Former.Hash)} {record.Former.Until:O}",
                $"{record.CreatedAt:O} {record.StartedAt:O} {record.AuthenticatedAt:O}",
                $"{record.LastSeenAt:O} {record.ValueBytes}",
                .. ValuesOf(record)]);
    }

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    private static IEnumerable<string> ValuesOf(SessionRecord record) => record.Values
        .OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => $"{entry.Key}={Encoding.UTF8.GetString(entry.Value.Span[1..])}");

    private async Task HoldsAsync(params string[] values) => Assert.Equal(values, ValuesOf(await LoadAsync()));

    /// <summary>Runs a commit and asserts that it was refused and that nothing at all has changed.</summary>
    private async Task RefusedAsync(SessionCommitOutcome outcome, SessionCommit commit)
    {
        var before = await DescribeAsync();
        var result = await CommitAsync(commit);
        Assert.Equal((outcome, false), (result.Outcome, result.SecretChanged));
        Assert.Equal(before, await DescribeAsync());
    }
}
