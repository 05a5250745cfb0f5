using System.Diagnostics.CodeAnalysis;

namespace SessionManager.AspNetCore;

/// <summary>
/// The session of the current request: the signed-in user, and the values that are kept for this browser. The service
/// is scoped. Inject it into controllers, endpoints and services. It works on the same data as
/// <c>HttpContext.Session</c>.
/// </summary>
/// <remarks>
/// <para>The changes of a request are saved before the first byte of its response leaves, so a client that has the
/// response knows that the changes are saved. A request whose save fails is answered with 503. A request whose save is
/// refused because the session ended meanwhile is answered with 409.</para>
/// <para>Several threads of one request can use the session at once. An instance serves the request that it is used in,
/// even when a singleton holds the instance.</para>
/// <para>Every member throws <see cref="InvalidOperationException"/> where there is no request, where
/// <c>UseSessionManager</c> has not run, in an endpoint whose mode is <see cref="SessionMode.Disabled"/>, and, with
/// <see cref="LoadMode.OnDemand"/>, before <see cref="LoadAsync"/>. Every member throws
/// <see cref="SessionStoreException"/> when the session could not be loaded. Members that change the session throw
/// <see cref="InvalidOperationException"/> in an endpoint whose mode is <see cref="SessionMode.ReadOnly"/>, after the
/// request has ended, and in a handler of <see cref="SessionManagerOptions.Events"/> when the change would raise the
/// same event again.</para>
/// </remarks>
public interface ISessionManager
{
    /// <summary>Signs the user in. The browser gets a new token, and the old token is dead. The values of an anonymous
    /// session are kept, unless <see cref="SessionManagerOptions.KeepValuesOnSignIn"/> is <see langword="false"/>. The
    /// values of a different user are dropped.</summary>
    /// <typeparam name="TUserId">A string, a number, a <see cref="Guid"/>, or another type whose values come back equal
    /// from their text or their JSON, such as a tuple or a record.</typeparam>
    /// <param name="userId">The id of the user. It is kept as invariant text. Equal ids have the same text (42.00 and
    /// 42), and different ids have different texts.</param>
    /// <returns><see langword="true"/>, or <see langword="false"/> when nothing was changed because
    /// <paramref name="userId"/> is <see langword="null"/>, an empty string, 0, <see cref="Guid.Empty"/> or another
    /// default value.</returns>
    /// <exception cref="SessionValueException">The id does not come back equal from its text, or it equals an id that
    /// has another text, or it is longer than <see cref="SessionManagerOptions.MaxValueBytes"/>.</exception>
    /// <exception cref="InvalidOperationException">The response has started, so the browser can't get the new
    /// token.</exception>
    bool SetUserId<TUserId>(TUserId userId);

    /// <summary>Signs the user in, as <see cref="SetUserId{TUserId}(TUserId)"/> does, and says how long the sign-in
    /// lasts.</summary>
    /// <inheritdoc cref="SetUserId{TUserId}(TUserId)"/>
    /// <param name="userId">The id of the user.</param>
    /// <param name="options">How long the sign-in lasts, and whether it outlives the browser.</param>
    /// <exception cref="ArgumentOutOfRangeException">The options ask for more than
    /// <see cref="SessionManagerOptions"/> allows, or for a time that is not positive.</exception>
    bool SetUserId<TUserId>(TUserId userId, SessionSignInOptions options);

    /// <summary>Returns the id of the signed-in user as invariant text.</summary>
    /// <returns>The id, or <see langword="null"/> when nobody is signed in.</returns>
    string? GetUserId();

    /// <summary>Returns the id of the signed-in user.</summary>
    /// <typeparam name="TUserId">The type that the id was set with.</typeparam>
    /// <returns>The id, or the default of <typeparamref name="TUserId"/> when nobody is signed in.</returns>
    /// <exception cref="SessionValueException">The id is not a <typeparamref name="TUserId"/>.</exception>
    TUserId? GetUserId<TUserId>();

    /// <summary>Whether a user is signed in.</summary>
    bool IsAuthenticated { get; }

    /// <summary>Signs the user out, as <see cref="SignOut"/> does. The user id is removed and the browser gets a new
    /// token. The values stay, unless <see cref="SessionManagerOptions.ClearSessionScope"/> is
    /// <see cref="ClearSessionScope.Everything"/>. The call has no effect when nobody is signed in. To remove the whole
    /// session, call <see cref="DestroySession"/>.</summary>
    /// <remarks>Don't call <c>HttpContext.Session.Clear()</c> to sign a user out: it drops the values and keeps the
    /// user signed in.</remarks>
    void ClearSession();

    /// <summary>Signs the user out. The call does the same as <see cref="ClearSession"/>.</summary>
    /// <inheritdoc cref="ClearSession" path="/remarks"/>
    void SignOut();

    /// <summary>Stores a value. A string, an int and a byte array can be read with <c>HttpContext.Session</c> too. Any
    /// other value is written with System.Text.Json during the call, so a later change of the object is not
    /// stored.</summary>
    /// <remarks>The value is read back during the call. It must come back equal: its members, its items in their order,
    /// and their types. Mark a member that need not be kept with <c>[JsonIgnore]</c>. A value whose
    /// <typeparamref name="T"/> is <see cref="object"/> is stored as its own type. Read it as that type:
    /// read as an <see cref="object"/>, a number, a time or an object of the application has another type.</remarks>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="key">The key. It is ordinal, is not empty, and has at most
    /// <see cref="SessionManagerOptions.MaxKeyBytes"/> bytes in UTF-8.</param>
    /// <param name="value">The value. <see langword="null"/> is a value.</param>
    /// <returns><see langword="true"/>.</returns>
    /// <exception cref="SessionValueException">The value can't be written, or it does not come back equal (the message
    /// names the member), or a limit of <see cref="SessionManagerOptions"/> would be exceeded. The session is
    /// unchanged.</exception>
    /// <exception cref="InvalidOperationException">There is no session yet and the response has started, so its cookie
    /// can't be sent.</exception>
    bool StoreValue<T>(string key, T value);

    /// <summary>Reads a value. An object is a copy: to store a change of the object, call
    /// <see cref="StoreValue"/>.</summary>
    /// <typeparam name="T">The type that the value was stored as.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="defaultValue">The value to return when the key is absent. A stored <see langword="null"/> is
    /// returned as <see langword="null"/>.</param>
    /// <returns>The value, or <paramref name="defaultValue"/>.</returns>
    /// <exception cref="SessionValueException">The stored value is not a <typeparamref name="T"/>.</exception>
    T? GetValue<T>(string key, T? defaultValue = default);

    /// <summary>Removes a value.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether the key existed.</returns>
    bool RemoveValue(string key);

    /// <summary>Reads a value, and tells an absent key from a stored <see langword="null"/>.</summary>
    /// <typeparam name="T">The type that the value was stored as.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, or the default of <typeparamref name="T"/> when the key is absent.</param>
    /// <returns>Whether the value was read. It is <see langword="false"/> when the key is absent, and, with a log
    /// event, when the value is JSON that can't be read as a <typeparamref name="T"/>, for example after a deployment
    /// that changed the class.</returns>
    /// <exception cref="SessionValueException">The stored value is a string, an int or a byte array, and not a
    /// <typeparamref name="T"/>.</exception>
    bool TryGetValue<T>(string key, [MaybeNullWhen(false)] out T value);

    /// <summary>The keys of all values, in no particular order. The user id is not a value and has no key.</summary>
    IReadOnlyCollection<string> Keys { get; }

    /// <summary>Changes one value atomically and saves it with the changes that the request has made so far. No change
    /// that a parallel request makes to the value is lost. The saved changes stay even if the request fails later. The
    /// call begins a session when there is none.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="update">Gets the current value, or the default when the key is absent, and returns the new value.
    /// The function runs again when another request was faster, so it should have no side effects.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The new value, saved.</returns>
    /// <exception cref="SessionEndedException">The session ended meanwhile. Nothing was saved.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached, or the value kept changing for one
    /// <see cref="SessionManagerOptions.IOTimeout"/>.</exception>
    /// <exception cref="SessionValueException">The value is of another type, can't be written or is too
    /// large.</exception>
    ValueTask<T> UpdateValueAsync<T>(string key, Func<T?, T> update, CancellationToken cancellationToken = default);

    /// <summary>Reads a value, removes it atomically and saves the removal with the changes that the request has made
    /// so far. Only one of several parallel requests gets the value.</summary>
    /// <remarks>A request that prefetches or prerenders a page (header <c>Sec-Purpose</c>, <c>Purpose</c>,
    /// <c>X-Purpose</c> or <c>X-Moz</c>) takes and saves nothing. The value stays for the request that shows the page.
    /// A prerendered page that is shown later was made without the value.</remarks>
    /// <typeparam name="T">The type that the value was stored as.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The value, or the default when the key is absent or the request is a prefetch.</returns>
    /// <exception cref="SessionEndedException">The session ended meanwhile. Nothing was taken.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    /// <exception cref="SessionValueException">The stored value is not a <typeparamref name="T"/>. The value
    /// stays.</exception>
    ValueTask<T?> TakeValueAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <summary>The public id of the session. The id is safe to log and to show, is no credential, and stays the same
    /// when the token changes. Without a session it is the id that a session begun in this request would get. Reading
    /// the id creates nothing. The next request has another id, so don't use the id as a key before the first
    /// save.</summary>
    string SessionId { get; }

    /// <summary>Times and user of the session, or <see langword="null"/> when there is no session.</summary>
    SessionInfo? Info { get; }

    /// <summary>Why the session that this browser's cookie names is gone. The value is <see langword="null"/> when the
    /// request came without a session cookie or the session lives. Every request that brings a dead token gets the
    /// reason.</summary>
    SessionEndReason? PreviousSessionEnd { get; }

    /// <summary>Lets the signed-in user act as another user in this session, and saves the session at once, with the
    /// changes that the request has made so far. Afterwards the other user is the signed-in user, and
    /// <see cref="SessionInfo.ActorId"/> is the user who acts. The token changes. The application decides whether the
    /// user may act as the other user before it calls this method.</summary>
    /// <remarks>The values of the user who acts are set aside, and come back with <see cref="EndImpersonation"/>. The
    /// sessions of the other user are not touched.</remarks>
    /// <typeparam name="TUserId">The type of the id, as for <see cref="SetUserId{TUserId}(TUserId)"/>.</typeparam>
    /// <param name="userId">The id of the user to act as.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The id is a default value, which names nobody.</exception>
    /// <exception cref="InvalidOperationException">Nobody is signed in, the user acts as another user already, the id
    /// is the user's own, or the response has started.</exception>
    /// <exception cref="SessionEndedException">The session ended, or changed its user or its token,
    /// meanwhile.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task ImpersonateAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default);

    /// <summary>Ends what <see cref="ImpersonateAsync"/> began. The user who acted is the signed-in user again, with
    /// the values and the <see cref="SessionInfo.AuthenticatedAt"/> of before. The values that were stored meanwhile
    /// are dropped. The token changes. The call has no effect when nobody acts as another user.</summary>
    /// <exception cref="InvalidOperationException">The browser can't get the new token, because the response has
    /// started, or because the cookie is not essential and the user has withdrawn consent. The impersonation goes on.
    /// <see cref="ClearSession"/> can still end it.</exception>
    void EndImpersonation();

    /// <summary>Says that this request does not count as use of the session. Neither the request's end, nor its
    /// changes, nor <see cref="CommitAsync"/> move <see cref="SessionInfo.LastSeenAt"/>. Only a sign-in still
    /// does.</summary>
    /// <remarks>The call takes effect from then on, so call it before the first change. With
    /// <see cref="LoadMode.OnDemand"/> it can come before <see cref="LoadAsync"/>. Set
    /// <see cref="SessionAttribute.Touch"/> for endpoints, and <see cref="SessionManagerOptions.CountsAsUse"/> for all
    /// requests.</remarks>
    void SkipTouch();

    /// <summary>Replaces the token. The old token is dead as soon as the change is saved. The call has no effect when
    /// there is no session. When two requests replace the token at once, one of them wins. The other request sets no
    /// cookie, and its other changes are saved.</summary>
    /// <exception cref="InvalidOperationException">The response has started, so the browser can't get the new
    /// token.</exception>
    void RotateToken();

    /// <summary>Ends the session. The record, the values, the user and the cookie are removed, and no request in flight
    /// can bring them back. A value that is stored afterwards in the same request begins a new session.</summary>
    void DestroySession();

    /// <summary>Loads the session. The call is needed with <see cref="LoadMode.OnDemand"/> only. Otherwise the session
    /// is loaded before the endpoint runs, and the call returns at once.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Loads the session again, for requests that run long or wait for another request. Afterwards the request
    /// sees the stored values and user, or finds the reason in <see cref="PreviousSessionEnd"/> when the session has
    /// ended. Changes that are not saved yet stay. They are refused at the save when the session has ended. The call
    /// also loads a session that could not be loaded before.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SessionStoreException">The store can't be reached. The session stays as it was loaded
    /// before.</exception>
    Task ReloadAsync(CancellationToken cancellationToken = default);

    /// <summary>Drops the changes of this request that are not saved yet, except a sign-out and a destroy. Call it in a
    /// filter or an interceptor that turns an exception into a response: changes are dropped by themselves only when
    /// the exception reaches <c>UseSessionManager</c>. Later changes are saved as usual.</summary>
    /// <remarks>
    /// <para>Afterwards the request sees the session as it was last loaded or saved, without the user who signed out,
    /// or without a session if it was destroyed. Changes that were saved before stay saved: with the first byte of the
    /// response, or by <see cref="CommitAsync"/>, <see cref="UpdateValueAsync"/> or <see cref="TakeValueAsync"/>. A
    /// session that would have begun does not begin, and its cookie is not sent.</para>
    /// <para>The call is allowed at any time and from any thread. It has no effect when there is nothing to drop, in an
    /// endpoint whose mode is <see cref="SessionMode.ReadOnly"/> or <see cref="SessionMode.Disabled"/>, before the
    /// session is loaded, when it could not be loaded, and after the request has ended. A save that is running goes on.
    /// Changes that were made since the save began are dropped.</para>
    /// <para>A save that failed may have reached the store, and is not undone. If it contained a new token, later
    /// changes of this request may be refused with <see cref="SessionEndedException"/>. The response that the failed
    /// save held back can leave after this call.</para>
    /// </remarks>
    void DiscardChanges();

    /// <summary>Saves the request's changes now. An ordinary request need not call it: its changes are saved before the
    /// response leaves. The call counts as use of the session even when there is nothing to save, unless the request
    /// does not count as use. So a request that runs longer than <see cref="SessionManagerOptions.IdleTimeout"/>, such
    /// as an open socket or an event stream, keeps its session alive with it.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SessionEndedException">The session ended meanwhile. Nothing was saved.</exception>
    /// <exception cref="SessionLimitException">The changes contain a sign-in that is refused. Nothing was
    /// saved.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached. The changes stay. When they contain a new
    /// token, nothing can be changed until a call of this method has succeeded.</exception>
    Task CommitAsync(CancellationToken cancellationToken = default);
}
