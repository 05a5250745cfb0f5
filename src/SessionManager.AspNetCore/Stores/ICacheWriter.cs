using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Changes records in a cache, one at a time for each session of this process.</summary>
internal interface ICacheWriter
{
    /// <inheritdoc cref="ISessionRecordStore.WriteAsync"/>
    ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken);

    /// <inheritdoc cref="ISessionRecordStore.TouchAsync"/>
    ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken);
}
