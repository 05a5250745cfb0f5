using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance.Tests.Reference;

/// <summary>A store that keeps the whole contract over a server, with an index of its own. The mutants are made of
/// this text.</summary>
public sealed class ReferenceStore(Medium medium, TimeSpan ioTimeout)
    : ISessionRecordStore, ISessionBulkStore, ISessionStoreProbe
{
    private readonly StoreCall _call = new(ioTimeout, "reference");

    public string Name => "reference";

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        RunAsync(server => Read(server, id), id, $"GET {id:N}", isWrite: false, cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default) =>
        RunAsync(server => Write(server, write), write.Id, Quote(write), isWrite: true, cancellationToken);

    public ValueTask<IReadOnlyList<SessionWriteResult>> WriteAllAsync(
        IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken = default) =>
        RunAsync(
            server => WriteAll(server, writes),
            Guid.Empty,
            string.Concat(writes.Select(Quote)),
            isWrite: true,
            cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        RunAsync(server => Touch(
            server, touch), touch.Id, $"TOUCH {touch.Id:N} {touch.UserId}", isWrite: true, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default) =>
        RunAsync(server => Find(server, userId), Guid.Empty, $"FIND {userId}", isWrite: false, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        RunAsync(server => List(server, after, count), Guid.Empty, "LIST", isWrite: false, cancellationToken);

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default) =>
        await RunAsync(_ => true, Guid.Empty, "PING", isWrite: true, cancellationToken);

    private async ValueTask<T> RunAsync<T>(
        Func<Medium, T> step, Guid id, string text, bool isWrite, CancellationToken cancellationToken) =>
        await _call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, cancellationToken);

    private static StoredSession? Read(Medium server, Guid id) => server.Records.GetValueOrDefault(id) switch
    {
        null => null,
        { Status: StoredSessionStatus.Whole } record => record.Session,
        var record => new StoredSession { Id = id, Status = record.Status },
    };

    private static IReadOnlyList<SessionWriteResult> WriteAll(Medium server, IReadOnlyList<SessionWrite> writes) =>
        [.. writes.Select(write => Write(server, write))];

    private static SessionWriteResult Write(Medium server, SessionWrite write)
    {
        var before = Read(server, write.Id);
        if (before?.Version == write.NewVersion)
        {
            return SessionWriteResult.Swapped;
        }

        if ((before?.Version ?? 0) != write.ExpectedVersion)
        {
            return SessionWriteResult.Moved(before);
        }

        if (write.MovesIndex && write.UserId is not null)
        {
            AddToIndex(server, write.UserId, write.Id, write.Now, write.IndexUntil);
        }

        server.Records[write.Id] = new MediumRecord
        {
            Session = Apply(write, before),
            UserId = write.UserId,
            WrittenAt = write.Now,
            KeepUntil = write.KeepUntil,
        };
        return SessionWriteResult.Swapped;
    }

    private static StoredSession Apply(SessionWrite write, StoredSession? before)
    {
        var values = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (key, value) in write.DropsValues || before is null ? [] : before.Values.ToArray())
        {
            values[key] = value;
        }

        foreach (var (key, value) in write.Values)
        {
            if (value is { } set)
            {
                values[key] = set;
            }
            else
            {
                values.Remove(key);
            }
        }

        return new StoredSession
        {
            Id = write.Id,
            Version = write.NewVersion,
            Header = write.Header,
            LastSeenAt = before?.LastSeenAt > write.LastSeenAt ? before.LastSeenAt : write.LastSeenAt,
            StartedAt = write.StartedAt,
            Values = values,
        };
    }

    private static bool Touch(Medium server, SessionTouch touch)
    {
        var before = Read(server, touch.Id);
        if (before is not { Status: StoredSessionStatus.Whole } || before.LastSeenAt >= touch.LastSeenAt)
        {
            return false;
        }

        var record = server.Records[touch.Id];
        if (touch.UserId is not null)
        {
            AddToIndex(server, touch.UserId, touch.Id, touch.LastSeenAt, touch.IndexUntil);
        }

        server.Records[touch.Id] = record with
        {
            Session = touch.ApplyTo(before),
            WrittenAt = touch.LastSeenAt,
            KeepUntil = Later(record.KeepUntil, touch.KeepUntil),
        };
        return true;
    }

    private static IReadOnlyList<StoredSession> Find(Medium server, string userId) =>
        [.. (server.Users.GetValueOrDefault(userId)?.Ids ?? [])
            .Where(id => server.Records.TryGetValue(id, out var record) && record.UserId == userId)
            .Select(id => Read(server, id)!)
            .Order(SessionPosition.OldestFirst)];

    private static IReadOnlyList<StoredSession> List(Medium server, SessionPosition? after, int count) =>
        [.. server.Records.Values
            .Where(record => record.Status == StoredSessionStatus.Whole)
            .Select(record => record.Session)
            .Where(session => after is null || SessionPosition.Of(session) < after)
            .OrderDescending(SessionPosition.OldestFirst)
            .Take(count)];

    private static void AddToIndex(Medium server, string userId, Guid id, DateTimeOffset now, DateTimeOffset until)
    {
        var before = server.Users.GetValueOrDefault(userId);
        server.Users[userId] = new MediumIndex
        {
            Ids = [.. (before?.Ids ?? []).Append(id).Distinct()],
            WrittenAt = now,
            KeepUntil = Later(before?.KeepUntil ?? until, until),
        };
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    // As the messages of databases do.
    private static string Quote(SessionWrite write) =>
        $"SET {write.Id:N} {Convert.ToHexString(write.Header.Span)} {write.UserId} "
        + string.Join(
            ' ', write.Values.Select(value => $"{Convert.ToHexString(value.Value.GetValueOrDefault().Span)}"));
}
