using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The request's session as <c>HttpContext.Session</c>.</summary>
internal sealed class FrameworkSession(RequestSession session) : ISession
{
    public bool IsAvailable => SessionView.IsAvailable(session);

    public string Id => View.Id(session);

    public IEnumerable<string> Keys => View.Keys(session);

    private SessionView View => session.Services.View;

    private SessionEdits Edits => session.Services.Edits;

    public Task LoadAsync(CancellationToken cancellationToken = default) =>
        View.LoadForHandlerAsync(session, cancellationToken).AsTask();

    public Task CommitAsync(CancellationToken cancellationToken = default) =>
        Edits.SaveAsync(session, cancellationToken).AsTask();

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        // A stored null has no bytes that could be told from data.
        value = View.TryGet(session, key, out var found) && !ValueCodec.IsNull(found) ? found.Data.ToArray() : null;
        return value is not null;
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Edits.Set(session, key, SessionValue.Of(SessionValueKind.Raw, value), establishes: true);
    }

    // TempData removes its key from every session it meets, also where there is nothing to remove and nothing may be
    // changed.
    public void Remove(string key)
    {
        if (View.TryGet(session, key, out _))
        {
            Edits.Remove(session, key);
        }
    }

    public void Clear()
    {
        if (View.Keys(session).Length > 0)
        {
            Edits.RemoveAll(session);
        }
    }
}
