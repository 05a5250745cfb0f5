using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The typed face of the request's session.</summary>
/// <remarks>Nothing says for how long somebody holds this: a singleton, a middleware's constructor or a message handler may hold it across
/// requests. So it finds the request it is used in anew each time. Only where there is none, and its services are those of a request that it
/// has served, it goes on with that one.</remarks>
internal sealed class RequestSessionManager(IHttpContextAccessor accessor, IServiceProvider services, SessionPipeline pipeline) : ISessionManager
{
    // Known from the start where it can be: an inner request may empty the accessor before this is first used.
    private RequestSession? _own = OwnOf(accessor.HttpContext, services);

    public bool IsAuthenticated => Session.UserId is not null;

    public IReadOnlyCollection<string> Keys => Session.Keys;

    public string SessionId => Session.Id;

    public SessionInfo? Info => Session.Info;

    public SessionEndReason? PreviousSessionEnd => Session.ReadPreviousEnd();

    private RequestSession Session
    {
        get
        {
            if (accessor.HttpContext is not { } context)
            {
                return pipeline.InnerRequests.Find(services) ?? _own ?? throw SessionErrors.NoRequest();
            }

            if (RequestSession.Find(context) is not { } session)
            {
                // In a context that was made of another one's features and has no session of its own, that of the other, as HttpContext.Session is.
                session = RequestSession.FindAny(context) ?? throw SessionErrors.NotRun(context.Features[typeof(ISessionFeature)]);
                pipeline.InnerRequests.Begin(session);
            }

            session = InnerRequests.RunningOf(session);
            if (_own is null && ReferenceEquals(context.RequestServices, services))
            {
                _own = session;
            }

            return session;
        }
    }

    public bool SetUserId<TUserId>(TUserId userId)
    {
        var session = Session;
        session.ThrowIfUnwritable();
        if (UserIdText.From(userId, session.Pipeline.Options) is not { } text)
        {
            return false;
        }

        session.SignIn(text, new SignInDetails(session.Pipeline.Schemes.OfUserId, default), keepsTicket: true);
        return true;
    }

    public string? GetUserId() => Session.UserId;

    public TUserId? GetUserId<TUserId>()
    {
        var session = Session;
        return session.UserId is { } text ? UserIdText.To<TUserId>(text, session.Pipeline.Options) : default;
    }

    public void ClearSession() => SignOut();

    public void SignOut() => Session.SignOut();

    public bool StoreValue<T>(string key, T value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var session = Session;
        session.Set(key, ValueCodec.Encode(key, value, session.Pipeline.Options));
        return true;
    }

    public T? GetValue<T>(string key, T? defaultValue = default)
    {
        var session = Session;
        return session.TryGet(key, out var value) ? ValueCodec.Decode<T>(key, value, session.Pipeline.Options.SerializerOptions) : defaultValue;
    }

    public bool TryGetValue<T>(string key, [MaybeNullWhen(false)] out T value)
    {
        var session = Session;
        value = default;
        if (!session.TryGet(key, out var stored))
        {
            return false;
        }

        if (ValueCodec.TryDecode(key, stored, session.Pipeline.Options.SerializerOptions, out value))
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
        var session = Session;
        var options = session.Pipeline.Options;
        T result = default!;
        await SessionExchange.RunAsync(session, key, begins: true, current =>
        {
            result = update(current is { } value ? ValueCodec.Decode<T>(key, value, options.SerializerOptions) : default);
            return ValueCodec.Encode(key, result, options);
        }, cancellationToken);
        return result;
    }

    public async ValueTask<T?> TakeValueAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        var session = Session;
        T? result = default;
        ArgumentNullException.ThrowIfNull(key);
        session.ThrowIfUnwritable();
        if (Prefetch.Is(session.Context))
        {
            // Nobody has seen it yet, and perhaps nobody will.
            return result;
        }

        await SessionExchange.RunAsync(session, key, begins: false, current =>
        {
            result = current is { } value ? ValueCodec.Decode<T>(key, value, session.Pipeline.Options.SerializerOptions) : default;
            return null;
        }, cancellationToken);
        return result;
    }

    public Task ImpersonateAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default)
    {
        var session = Session;
        session.ThrowIfUnwritable();
        return UserIdText.From(userId, session.Pipeline.Options) is { } text
            ? SessionImpersonation.BeginAsync(session, text, cancellationToken)
            : throw new ArgumentException("The id of the user to act as names nobody. Pass the id that SetUserId is given.", nameof(userId));
    }

    public void EndImpersonation() => Session.EndImpersonation();

    public void SkipTouch() => Session.SkipTouch();

    public void RotateToken() => Session.Rotate();

    public void DestroySession() => Session.Destroy();

    public void DiscardChanges() => Session.DiscardChanges();

    public Task LoadAsync(CancellationToken cancellationToken = default) => Session.LoadForHandlerAsync(cancellationToken).AsTask();

    public Task ReloadAsync(CancellationToken cancellationToken = default) => Session.ReloadAsync(cancellationToken).AsTask();

    public Task CommitAsync(CancellationToken cancellationToken = default) => Session.SaveForHandlerAsync(cancellationToken).AsTask();

    private static RequestSession? OwnOf(HttpContext? context, IServiceProvider services) =>
        context is not null && ReferenceEquals(context.RequestServices, services) ? RequestSession.Find(context) : null;
}
