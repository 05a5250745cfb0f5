using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The typed face of the request's session.</summary>
internal sealed class RequestSessionManager(IHttpContextAccessor accessor) : ISessionManager
{
    private RequestSession? _session;

    public bool IsAuthenticated => Session.UserId is not null;

    public IReadOnlyCollection<string> Keys => [.. Session.Keys];

    public string SessionId => Session.Id;

    public SessionInfo? Info => Session.Info;

    public SessionEndReason? PreviousSessionEnd => Session.ReadPreviousEnd();

    private RequestSession Session => _session ??= Find();

    private SessionManagerOptions Options => Session.Pipeline.Options;

    public bool SetUserId<TUserId>(TUserId userId)
    {
        var session = Session;
        session.ThrowIfUnwritable();
        if (UserIdText.From(userId, Options) is not { } text)
        {
            return false;
        }

        session.SignIn(text, principal: null);
        return true;
    }

    public string? GetUserId() => Session.UserId;

    public TUserId? GetUserId<TUserId>() => Session.UserId is { } text ? UserIdText.To<TUserId>(text, Options) : default;

    public void ClearSession() => Session.SignOut();

    public bool StoreValue<T>(string key, T value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var session = Session;
        session.Set(key, ValueCodec.Encode(key, value, Options));
        return true;
    }

    public T? GetValue<T>(string key, T? defaultValue = default) =>
        Session.TryGet(key, out var value) ? ValueCodec.Decode<T>(key, value, Options.SerializerOptions) : defaultValue;

    public bool TryGetValue<T>(string key, [MaybeNullWhen(false)] out T value)
    {
        var session = Session;
        value = default;
        if (!session.TryGet(key, out var stored))
        {
            return false;
        }

        if (ValueCodec.TryDecode(key, stored, Options.SerializerOptions, out value))
        {
            return true;
        }

        session.Pipeline.Logger.ValueUnreadable(SessionKey.Printable(key), typeof(T));
        value = default;
        return false;
    }

    public bool RemoveValue(string key) => Session.Remove(key);

    public async ValueTask<T> UpdateValueAsync<T>(string key, Func<T?, T> update, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(update);
        T result = default!;
        await SessionExchange.RunAsync(Session, key, begins: true, current =>
        {
            result = update(current is { } value ? ValueCodec.Decode<T>(key, value, Options.SerializerOptions) : default);
            return ValueCodec.Encode(key, result, Options);
        }, cancellationToken);
        return result;
    }

    public async ValueTask<T?> TakeValueAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        T? result = default;
        await SessionExchange.RunAsync(Session, key, begins: false, current =>
        {
            result = current is { } value ? ValueCodec.Decode<T>(key, value, Options.SerializerOptions) : default;
            return null;
        }, cancellationToken);
        return result;
    }

    public void RotateToken()
    {
        var session = Session;
        session.ThrowIfUnwritable();
        session.ThrowIfTooLateForCookie();
        if (session.HasSession)
        {
            session.Change().Rotate();
        }
    }

    public void DestroySession()
    {
        var session = Session;
        session.ThrowIfUnwritable();
        if (session.HasSession)
        {
            session.Change().End();
        }
    }

    public Task LoadAsync(CancellationToken cancellationToken = default) => Session.LoadForHandlerAsync(cancellationToken).AsTask();

    public Task CommitAsync(CancellationToken cancellationToken = default) => Session.SaveForHandlerAsync(cancellationToken).AsTask();

    private RequestSession Find() =>
        accessor.HttpContext?.Features[typeof(ISessionFeature)] as RequestSession
        ?? throw new InvalidOperationException(
            "There is no session here: UseSessionManager has not run for this request, or there is no request. Call app.UseSessionManager() before the middleware and endpoints that use the session; outside a request there is none.");
}
