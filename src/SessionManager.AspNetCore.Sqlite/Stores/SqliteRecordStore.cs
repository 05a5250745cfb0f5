using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>Keeps sessions in a SQLite file. A load is one statement, a write or a touch one transaction.</summary>
internal sealed class SqliteRecordStore(
    SessionFile file, RecordReader reader, RecordWriter writer, IOptions<SessionManagerOptions> options)
    : ISessionRecordStore, ISessionStoreProbe
{
    private readonly StoreCall _calls = new(options.Value.IOTimeout, "sqlite");
    private readonly Func<Database, Guid, StoredSession?> _load = reader.Load;
    private readonly Func<Database, SessionWrite, SessionWriteResult> _write = writer.Write;
    private readonly Func<Database, SessionTouch, bool> _touch = writer.Touch;
    private readonly Func<Database, byte[], IReadOnlyList<StoredSession>> _ofUser = reader.OfUser;
    private readonly Func<Database, (SessionPosition? After, int Count), IReadOnlyList<StoredSession>> _page =
        reader.Page;

    public string Name => "sqlite";

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        _calls.RunAsync(
            static (call, token) => call.File.ReadAsync(call.Load, call.Id, token),
            (File: file, Load: _load, Id: id),
            id,
            cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default) =>
        _calls.RunAsync(
            static (call, token) => call.File.WriteAsync(call.Write, call.Change, token),
            (File: file, Write: _write, Change: write),
            write.Id,
            cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        _calls.RunAsync(
            static (call, token) => call.File.WriteAsync(call.Touch, call.Change, token),
            (File: file, Touch: _touch, Change: touch),
            touch.Id,
            cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default) =>
        _calls.RunAsync(
            static (call, token) => call.File.ReadAsync(call.OfUser, call.User, token),
            (File: file, OfUser: _ofUser, User: RecordText.Write(userId)),
            Guid.Empty,
            cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        _calls.RunAsync(
            static (call, token) => call.File.ReadAsync(call.Page, (call.After, call.Count), token),
            (File: file, Page: _page, After: after, Count: count),
            Guid.Empty,
            cancellationToken);

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default)
    {
        var entry = Guid.NewGuid();
        var isSame = await _calls.RunAsync(
            static (call, token) => call.File.WriteAsync(Probe.Run, call.Entry, token),
            (File: file, Entry: entry),
            Guid.Empty,
            cancellationToken);
        if (!isSame)
        {
            throw new SessionStoreException("The session store 'sqlite' returned another entry than was written.");
        }
    }
}
