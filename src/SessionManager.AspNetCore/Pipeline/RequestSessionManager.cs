using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The request's session as <see cref="ISessionManager"/>.</summary>
/// <remarks>A singleton, a middleware's constructor or a message handler may hold this across requests. So it finds the
/// session of the request that it is used in anew each time. Only where there is no request, and its services are those
/// of a request that it has served, it goes on with that request's session.</remarks>
internal sealed class RequestSessionManager(
    IHttpContextAccessor accessor, IServiceProvider services, ManagerServices parts) : ISessionManager
{
    // Known from the start where it can be: an inner request may empty the accessor before this is first used.
    private RequestSession? _own = OwnOf(accessor.HttpContext, services);

    public bool IsAuthenticated => View.UserId(Session) is not null;

    public IReadOnlyCollection<string> Keys => View.Keys(Session);

    public string SessionId => View.Id(Session);

    public SessionInfo? Info => View.Info(Session);

    public SessionEndReason? PreviousSessionEnd => View.PreviousEnd(Session);

    private SessionView View => parts.View;

    private SessionEdits Edits => parts.Edits;

    private SessionManagerOptions Options => parts.Options;

    private RequestSession Session
    {
        get
        {
            if (accessor.HttpContext is not { } context)
            {
                return parts.Requests.FindOuter(services) ?? _own ?? throw SessionErrors.NoRequest();
            }

            var session = OfRequest(context) ?? Find(context);
            if (_own is null && ReferenceEquals(context.RequestServices, services))
            {
                _own = session;
            }

            return session;
        }
    }

    public bool SetUserId<TUserId>(TUserId userId) => SetUserId(userId, terms: null);

    public bool SetUserId<TUserId>(TUserId userId, SessionSignInOptions options) =>
        SetUserId(userId, SignInTermsRules.Of(options, Options));

    private bool SetUserId<TUserId>(TUserId userId, SignInTerms? terms)
    {
        var session = Session;
        parts.Guard.ThrowIfUnwritable(session);
        if (UserIdText.From(userId, Options) is not { } text)
        {
            return false;
        }

        var details = new SignInDetails(parts.Schemes.OfUserId, default);
        Edits.SignIn(session, new UserSignIn(text, details, KeepsTicket: true, terms, session.Services.Now));
        return true;
    }

    public string? GetUserId() => View.UserId(Session);

    public TUserId? GetUserId<TUserId>() =>
        View.UserId(Session) is { } text ? UserIdText.To<TUserId>(text, Options) : default;

    public void ClearSession() => SignOut();

    public void SignOut() => Edits.SignOut(Session);

    public bool StoreValue<T>(string key, T value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Edits.Set(Session, key, ValueCodec.Encode(key, value, Options));
        return true;
    }

    public T? GetValue<T>(string key, T? defaultValue = default) =>
        View.TryGet(Session, key, out var value)
            ? ValueCodec.Decode<T>(key, value, Options.SerializerOptions)
            : defaultValue;

    public bool TryGetValue<T>(string key, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (!View.TryGet(Session, key, out var stored))
        {
            return false;
        }

        if (ValueCodec.TryDecode(key, stored, Options.SerializerOptions, out value))
        {
            return true;
        }

        parts.Logger.ValueUnreadable(SessionKey.Printable(key), typeof(T));
        value = default;
        return false;
    }

    public bool RemoveValue(string key) => Edits.Remove(Session, key);

    public async ValueTask<T> UpdateValueAsync<T>(
        string key, Func<T?, T> update, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(update);
        T result = default!;
        await parts.Updater.RunAsync(Session, key, begins: true, current =>
        {
            result = update(
                current is { } value ? ValueCodec.Decode<T>(key, value, Options.SerializerOptions) : default);
            return ValueCodec.Encode(key, result, Options);
        }, cancellationToken);
        return result;
    }

    public async ValueTask<T?> TakeValueAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        var session = Session;
        T? result = default;
        ArgumentNullException.ThrowIfNull(key);
        parts.Guard.ThrowIfUnwritable(session);
        if (Prefetch.Is(session.Context))
        {
            // Nobody has seen the page yet, and perhaps nobody will.
            return result;
        }

        await parts.Updater.RunAsync(session, key, begins: false, current =>
        {
            result = current is { } value ? ValueCodec.Decode<T>(key, value, Options.SerializerOptions) : default;
            return null;
        }, cancellationToken);
        return result;
    }

    public Task ImpersonateAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default)
    {
        var session = Session;
        parts.Guard.ThrowIfUnwritable(session);
        return UserIdText.From(userId, Options) is { } text
            ? parts.Impersonation.BeginAsync(session, text, cancellationToken)
            : throw new ArgumentException(
                "The id of the user to act as names nobody. Pass the id that SetUserId is given.", nameof(userId));
    }

    public void EndImpersonation() => Edits.EndImpersonation(Session);

    public void SkipTouch() => SessionGuard.SkipTouch(Session);

    public void RotateToken() => Edits.Rotate(Session);

    public void DestroySession() => Edits.Destroy(Session);

    public void DiscardChanges() => SessionEdits.Discard(Session);

    public Task LoadAsync(CancellationToken cancellationToken = default) =>
        View.LoadForHandlerAsync(Session, cancellationToken).AsTask();

    public Task ReloadAsync(CancellationToken cancellationToken = default) =>
        View.ReloadAsync(Session, cancellationToken).AsTask();

    public Task CommitAsync(CancellationToken cancellationToken = default) =>
        Edits.SaveAsync(Session, cancellationToken).AsTask();

    private static RequestSession? OwnOf(HttpContext? context, IServiceProvider services) =>
        context is not null && ReferenceEquals(context.RequestServices, services)
            ? OfRequest(context) ?? RequestSessions.Find(context)
            : null;

    // As it is in almost every request.
    private static RequestSession? OfRequest(HttpContext context) =>
        context.Features[typeof(ISessionFeature)] is RequestSession { IsClosed: false } session
            && ReferenceEquals(session.Context, context)
            ? session
            : null;

    private RequestSession Find(HttpContext context)
    {
        if (RequestSessions.Find(context) is not { } session)
        {
            // The context was made of another context's features and has no session of its own: then it is the other's,
            // as HttpContext.Session is.
            session = RequestSessions.FindAny(context)
                ?? throw SessionErrors.NotRun(context.Features[typeof(ISessionFeature)]);
            parts.Requests.NoteOuter(session);
        }

        return RequestSessions.RunningOf(session);
    }
}
