using System.Text;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>
/// The tests of the contract of <see cref="ISessionRecordStore"/>, with tests for each sentence of its doc comments.
/// Derive a class that creates the store. The other capabilities that the suite needs are abstract too. A class
/// provides each capability or gives the reason why it can't, and the tests that need the capability are skipped with
/// that reason.
/// </summary>
/// <remarks>
/// <para>xUnit creates an instance of the class for each test. A class that creates its medium in the constructor, or
/// in <see cref="IAsyncLifetime"/>, gives each test a new medium. Tests may also share a medium, because each test has
/// its own ids and users. Then only the tests of lists take longer. Heal a shared medium before each test, because a
/// failed test may leave a fault behind.</para>
/// <para>The whole class for a store in a database:</para>
/// <code><![CDATA[
/// public sealed class MyStoreTests(MyDatabase database) : SessionStoreConformance, IClassFixture<MyDatabase>
/// {
///     protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => new MyStore(database.Url, ioTimeout);
///
///     protected override Capability<ISessionRecordStore> SecondStore => Capability.Of(CreateStore(LongTimeout));
///     protected override Capability<ISessionStoreProbe> Probe => Capability.Of((ISessionStoreProbe)Store);
///     protected override Capability<IMediumFaults> Faults => Capability.Of(database.Faults);
///     protected override Capability<IMediumTimes> Times => Capability.Missing<IMediumTimes>("It keeps all.");
///     protected override Capability<IMediumDamage> Damage => Capability.Of(database.Damage);
///     protected override Capability<IMediumEviction> Eviction =>
///         Capability.Missing<IMediumEviction>("The index is a column of the record.");
/// }
/// ]]></code>
/// </remarks>
public abstract partial class SessionStoreConformance
{
    /// <summary>The time at which the sessions of the suite begin. It is not the time of any clock, so a store that
    /// reads its own clock fails.</summary>
    protected static readonly DateTimeOffset Start = new(2031, 5, 6, 7, 8, 9, 123, TimeSpan.Zero);

    /// <summary>The I/O timeout of a store whose medium works: longer than any call takes.</summary>
    protected static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(20);

    private readonly Guid _id = Guid.NewGuid();
    private readonly string _user = $"ann-{Guid.NewGuid():N}";
    private ISessionRecordStore? _store;
    private ISessionRecordStore? _second;

    /// <summary>The store under test, which is created at its first use with <see cref="LongTimeout"/>.</summary>
    protected ISessionRecordStore Store => _store ??= CreateStore(LongTimeout);

    /// <summary>A store over the same medium that shares no memory with <see cref="Store"/>, like a store in another
    /// process. It is missing when a store is exact only within one process.</summary>
    protected abstract Capability<ISessionRecordStore> SecondStore { get; }

    /// <summary>The probe of <see cref="Store"/>. It is missing when the store has none.</summary>
    protected abstract Capability<ISessionStoreProbe> Probe { get; }

    /// <summary>The bulk writes of <see cref="Store"/>. The default is the store itself, or missing when it writes
    /// records one by one.</summary>
    protected virtual Capability<ISessionBulkStore> Bulk => Store is ISessionBulkStore bulk
        ? Capability.Of(bulk)
        : Capability.Missing<ISessionBulkStore>("The store writes records one by one.");

    /// <summary>The faults of the medium of all stores of this test.</summary>
    protected abstract Capability<IMediumFaults> Faults { get; }

    /// <summary>The times for which the medium keeps its data.</summary>
    protected abstract Capability<IMediumTimes> Times { get; }

    /// <summary>Damages records.</summary>
    protected abstract Capability<IMediumDamage> Damage { get; }

    /// <summary>Removes index entries. It is missing when the index is a part of the records.</summary>
    protected abstract Capability<IMediumEviction> Eviction { get; }

    private ISessionRecordStore RequiredSecondStore => _second ??= SecondStore.Require();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Creates a store over the medium of this test, or returns the only store.</summary>
    /// <param name="ioTimeout">How long one call may take.</param>
    protected abstract ISessionRecordStore CreateStore(TimeSpan ioTimeout);

    private static long NewVersion()
    {
        long version;
        do
        {
            version = Random.Shared.NextInt64(long.MinValue, long.MaxValue);
        }
        while (version == 0);

        return version;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Values of text. A value of <see langword="null"/> removes its key.</summary>
    private static Dictionary<string, ReadOnlyMemory<byte>?> Values(params (string Key, string? Value)[] values) =>
        values.ToDictionary(
        value => value.Key,
        value => value.Value is { } text ? (ReadOnlyMemory<byte>?)Bytes(text) : null,
        StringComparer.Ordinal);

    /// <summary>A write, a minute after the start, that says what is usual where nothing is said.</summary>
    private SessionWrite NewWrite(
        long expected,
        long? version = null,
        string header = "header",
        Guid? id = null,
        string? user = null,
        DateTimeOffset? startedAt = null,
        DateTimeOffset? lastSeenAt = null,
        DateTimeOffset? now = null,
        TimeSpan? kept = null,
        TimeSpan? indexed = null,
        bool movesIndex = true,
        bool isTombstone = false,
        bool dropsValues = false,
        Dictionary<string, ReadOnlyMemory<byte>?>? values = null,
        ReadOnlyMemory<byte>? headerBytes = null) => new()
        {
            Id = id ?? _id,
            ExpectedVersion = expected,
            NewVersion = version ?? NewVersion(),
            Header = headerBytes ?? Bytes(header),
            LastSeenAt = lastSeenAt ?? Start.AddMinutes(1),
            UserId = user,
            StartedAt = startedAt ?? Start,
            MovesIndex = movesIndex,
            IsTombstone = isTombstone,
            Now = now ?? Start.AddMinutes(1),
            KeepUntil = (now ?? Start.AddMinutes(1)) + (kept ?? TimeSpan.FromHours(2)),
            IndexUntil = (now ?? Start.AddMinutes(1)) + (indexed ?? TimeSpan.FromHours(8)),
            DropsValues = dropsValues,
            Values = values ?? Values(),
        };

    /// <summary>A touch of the session of this test, so many minutes after its start.</summary>
    private SessionTouch NewTouch(double minutes, long? version = null, Guid? id = null) =>
        NewTouch(Start.AddMinutes(minutes), version, id);

    private SessionTouch NewTouch(
        DateTimeOffset at,
        long? version = null,
        Guid? id = null,
        string? user = null,
        DateTimeOffset? startedAt = null,
        TimeSpan? kept = null) => new()
        {
            Id = id ?? _id,
            NewVersion = version ?? NewVersion(),
            LastSeenAt = at,
            KeepUntil = at + (kept ?? TimeSpan.FromHours(2)),
            UserId = user,
            StartedAt = startedAt ?? Start,
            IndexUntil = at.AddHours(8),
        };

    private async Task<SessionWriteResult> WriteAsync(SessionWrite write, ISessionRecordStore? store = null) =>
        await (store ?? Store).WriteAsync(write, Cancellation);

    private async Task<bool> TouchAsync(SessionTouch touch, ISessionRecordStore? store = null) =>
        await (store ?? Store).TouchAsync(touch, Cancellation);

    private async Task<StoredSession?> FindRecordAsync(Guid? id = null, ISessionRecordStore? store = null) =>
        await (store ?? Store).LoadAsync(id ?? _id, Cancellation);

    private async Task<StoredSession> LoadAsync(Guid? id = null, ISessionRecordStore? store = null)
    {
        var session = await FindRecordAsync(id, store);
        Assert.NotNull(session);
        Assert.Equal((id ?? _id, StoredSessionStatus.Whole), (session.Id, session.Status));
        return session;
    }

    /// <summary>Writes, asserts that the write was applied, and returns the version it left.</summary>
    private async Task<long> SwapAsync(SessionWrite write, ISessionRecordStore? store = null)
    {
        var result = await WriteAsync(write, store);
        Assert.True(result.IsSwapped, "The write was refused.");
        Assert.Null(result.Current);
        return write.NewVersion;
    }

    /// <summary>Writes, and asserts that the write was refused, changed nothing and brought back what is
    /// stored.</summary>
    private async Task<StoredSession?> RefuseAsync(SessionWrite write, ISessionRecordStore? store = null)
    {
        var before = Describe(await FindRecordAsync(write.Id));
        var result = await WriteAsync(write, store);
        Assert.False(result.IsSwapped, "The write was applied.");
        Assert.Equal(before, Describe(result.Current));
        Assert.Equal(before, Describe(await FindRecordAsync(write.Id)));
        return result.Current;
    }

    /// <summary>Everything about a record, as one comparable text.</summary>
    private static string Describe(StoredSession? session) => session is null
        ? "none"
        : $"{DescribeHead(session)} {string.Join(", ", ValuesOf(session))}";

    /// <summary>Everything but the values, which a list may leave out.</summary>
    private static string DescribeHead(StoredSession session) =>
        $"{session.Id} {session.Status} {session.Version} {Convert.ToHexString(session.Header.Span)} "
        + $"{session.StartedAt.UtcDateTime:O} {session.LastSeenAt.UtcDateTime:O}";

    private static IEnumerable<string> ValuesOf(StoredSession session) => session.Values
        .OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => $"{entry.Key}={Encoding.UTF8.GetString(entry.Value.Span)}");
}
