using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The request's session as <c>HttpContext.Session</c>.</summary>
internal sealed class FrameworkSession(RequestSession session) : ISession
{
    public bool IsAvailable => session.IsAvailable;

    public string Id => session.Id;

    public IEnumerable<string> Keys => session.Keys;

    public Task LoadAsync(CancellationToken cancellationToken = default) => session.LoadForHandlerAsync(cancellationToken).AsTask();

    public Task CommitAsync(CancellationToken cancellationToken = default) => session.SaveForHandlerAsync(cancellationToken).AsTask();

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        // A stored null has no bytes that could be told from data.
        value = session.TryGet(key, out var found) && !ValueCodec.IsNull(found) ? found.Data.ToArray() : null;
        return value is not null;
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        session.Set(key, new SessionValue(SessionValueKind.Raw, value.AsSpan().ToArray()), establishes: true);
    }

    // TempData removes its key from every session it meets, also where there is nothing to remove and nothing may be changed.
    public void Remove(string key)
    {
        if (session.TryGet(key, out _))
        {
            session.Remove(key);
        }
    }

    public void Clear()
    {
        if (session.Keys.Length > 0)
        {
            session.RemoveAll();
        }
    }
}
