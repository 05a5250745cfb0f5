using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A process whose store is watched, another process over the same store, and one session that both
/// know.</summary>
internal sealed class RepositoryStage : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);

    public static readonly SessionLifetime Lifetime = new(
        TimeSpan.FromMinutes(20), TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));

    private readonly FakeTimeProvider _clock = new(Start);

    public RepositoryStage(TimeSpan? ioTimeout = null)
    {
        var medium = new DictionarySessionStore();
        Store = new StagedStore(medium);
        Node = new SessionNode(Store, _clock, Configure);
        Other = new SessionNode(medium, _clock, Configure);

        void Configure(SessionManagerOptions options)
        {
            options.IOTimeout = ioTimeout ?? TimeSpan.FromSeconds(20);
            (options.IdleTimeout, options.AbsoluteTimeout, options.TouchInterval) =
                (Lifetime.IdleTimeout, Lifetime.AbsoluteTimeout, Lifetime.TouchInterval);
        }
    }

    /// <summary>The store as <see cref="Node"/> has it.</summary>
    public StagedStore Store { get; }

    /// <summary>The process under test.</summary>
    public SessionNode Node { get; }

    /// <summary>The other process.</summary>
    public SessionNode Other { get; }

    public Guid Id { get; } = Guid.NewGuid();

    public byte[] Secret { get; } = NewHash();

    /// <summary>The session as it was when it had just begun.</summary>
    public SessionRecord Loaded { get; private set; } = null!;

    public static byte[] NewHash() => RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    public static SessionIdentity SignIn(string userId, DateTimeOffset at, bool again = false) =>
        new(userId, userId, at, at, MovesGeneration: !again);

    /// <summary>Begins the session, and forgets the calls of the store that took.</summary>
    public async Task<RepositoryStage> BeginAsync(string? userId = null, params (string Key, string Value)[] values)
    {
        await Other.CommitAsync(new SessionCommit
        {
            Id = Id,
            Now = Start,
            Identity = userId is null ? null : SignIn(userId, Start),
            Secret = new SessionSecretChange(Secret, default, Required: true),
            Values = Changes(values),
        });
        Loaded = (await Other.LoadAsync(Id)).Record!;
        return this;
    }

    public SessionCommit Change(params (string Key, string Value)[] values) =>
        new() { Id = Id, Now = Start.AddMinutes(1), Base = Loaded, Values = Changes(values) };

    public SessionCommit SignInOf(string userId, bool again = false, SessionSecretChange? secret = null) =>
        new()
        {
            Id = Id,
            Now = Start.AddMinutes(1),
            Base = Loaded,
            Identity = SignIn(
            userId, Start.AddMinutes(1), again),
            Secret = secret
        };

    /// <summary>The same commit, sent again after nobody knew what had become of it.</summary>
    public SessionCommit Again(SessionCommit commit) => new()
    {
        Id = Id,
        Now = commit.Now,
        Base = commit.Base,
        Secret = commit.Secret,
        Identity = commit.Identity,
        Values = commit.Values,
        Version = commit.Version,
        IsRepeated = true,
    };

    /// <summary>The other process changes the session.</summary>
    public Task ChangesElsewhereAsync(params (string Key, string Value)[] values) => ElsewhereAsync(Change(values));

    public async Task ElsewhereAsync(SessionCommit commit) =>
        Assert.Equal(SessionCommitOutcome.Committed, (await Other.CommitAsync(commit)).Outcome);

    /// <summary>What is stored, as in <c>ann: a=1 b=2</c>, or why the session ended.</summary>
    public async Task<string> StateAsync()
    {
        var found = await Other.LoadAsync(Id);
        return found.Record is not { } record
            ? $"{found.EndReason}"
            : $"{record.UserId ?? "nobody"}:" + string.Concat(record.Values
                .OrderBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => $" {entry.Key}={Encoding.UTF8.GetString(entry.Value.Span[1..])}"));
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Other.DisposeAsync();
    }

    private static Dictionary<string, ReadOnlyMemory<byte>?> Changes((string Key, string Value)[] values) =>
        values.ToDictionary(
        value => value.Key,
        value => (ReadOnlyMemory<byte>?)SessionValue.Of(SessionValueKind.Text, Encoding.UTF8.GetBytes(value.Value))
            .Stored,
        StringComparer.Ordinal);
}
