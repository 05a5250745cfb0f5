using System.Diagnostics.CodeAnalysis;

namespace SessionManager.AspNetCore;

/// <summary>
/// The session of the current request: who is signed in, and what this browser has said so far. Scoped; inject it into
/// controllers, endpoints and services. It works on the same data as <c>HttpContext.Session</c>.
/// </summary>
/// <remarks>
/// <para>Changes gather in the request and are saved before the first byte of the response leaves, so that a response the
/// client has received means saved data. A save that fails answers 503, one that was refused because the session ended
/// meanwhile answers 409; neither is ever answered with success.</para>
/// <para>It is safe for several threads of one request, and overlapping saves wait for one another: nothing is lost. An instance serves
/// the request it is used in, whoever holds it and for how long, and throws <see cref="InvalidOperationException"/> where there is none.
/// In a handler of <see cref="SessionManagerOptions.Events"/> it throws that for a change which would raise the same event again.</para>
/// <para>Every member throws <see cref="InvalidOperationException"/> where <c>UseSessionManager</c> has not run, in an
/// endpoint whose mode is <see cref="SessionMode.Disabled"/>, and, with <see cref="LoadMode.OnDemand"/>, before
/// <see cref="LoadAsync"/>; and <see cref="SessionStoreException"/> when the session could not be loaded. Members that
/// change the session throw <see cref="InvalidOperationException"/> in a <see cref="SessionMode.ReadOnly"/> endpoint and
/// after the request has ended.</para>
/// </remarks>
public interface ISessionManager
{
    /// <summary>
    /// Signs the user in. The browser gets a new token at once and the old one is dead. Values of an anonymous session are
    /// kept unless <see cref="SessionManagerOptions.KeepValuesOnSignIn"/> is off; those of a different user are dropped.
    /// </summary>
    /// <typeparam name="TUserId">A string, a number, a <see cref="Guid"/>, or any type that comes back equal from its text or its JSON: a tuple,
    /// a record.</typeparam>
    /// <param name="userId">The user's id. It is kept as invariant text, which is the same for equal ids (42.00 and 42) and differs for
    /// different ones.</param>
    /// <returns><see langword="false"/>, and nothing changed, for <see langword="null"/>, an empty string, 0,
    /// <see cref="Guid.Empty"/> and any other default value; otherwise <see langword="true"/>.</returns>
    /// <exception cref="SessionValueException">The id does not come back equal from its text, so that two users could become one; or it is
    /// equal to an id with another text; or it is longer than <see cref="SessionManagerOptions.MaxValueBytes"/>.</exception>
    /// <exception cref="InvalidOperationException">The response has started: the new token can't reach the browser any more.</exception>
    bool SetUserId<TUserId>(TUserId userId);

    /// <summary>The id of the signed-in user as invariant text, or <see langword="null"/> when nobody is signed in.</summary>
    string? GetUserId();

    /// <summary>The id of the signed-in user, or the default of <typeparamref name="TUserId"/> when nobody is signed in.</summary>
    /// <typeparam name="TUserId">The type it was set with.</typeparam>
    /// <exception cref="SessionValueException">The id is not a <typeparamref name="TUserId"/>.</exception>
    TUserId? GetUserId<TUserId>();

    /// <summary>Whether a user is signed in.</summary>
    bool IsAuthenticated { get; }

    /// <summary>
    /// Signs the user out: the user id goes, the token changes, the values stay, or go as well with
    /// <see cref="ClearSessionScope.Everything"/>. Does nothing when nobody is signed in. To remove the whole session, use
    /// <see cref="DestroySession"/>. <c>HttpContext.Session.Clear()</c> is something else: it removes the values and leaves the user signed in.
    /// </summary>
    void ClearSession();

    /// <summary>Signs the user out: the same as <see cref="ClearSession"/>, by the name that the field uses. <c>HttpContext.Session.Clear()</c> is
    /// something else: it removes the values and leaves the user signed in.</summary>
    void SignOut();

    /// <summary>Stores a value. A string, an int and a byte array are readable by <c>HttpContext.Session</c> too; anything
    /// else is written by System.Text.Json at once, so that a later change of the object is not stored, and read back to see
    /// that it comes back equal: its members, its items in their order, and their types. A member that need not be kept is
    /// marked <c>[JsonIgnore]</c>. A value given as an <see cref="object"/> is stored as its own type, and is to be read as that: read
    /// as an <see cref="object"/>, a number, a time or an object of the application comes back as another type.</summary>
    /// <param name="key">An ordinal, non-empty key of at most <see cref="SessionManagerOptions.MaxKeyBytes"/> bytes of UTF-8.</param>
    /// <param name="value">The value. <see langword="null"/> is a value.</param>
    /// <returns><see langword="true"/>.</returns>
    /// <exception cref="SessionValueException">The value can't be written, or would not read back equal (the message names the
    /// member), or a limit of <see cref="SessionManagerOptions"/> would be exceeded. The session is unchanged.</exception>
    /// <exception cref="InvalidOperationException">There is no session yet and the response has started, so that its cookie
    /// can't be sent any more.</exception>
    bool StoreValue<T>(string key, T value);

    /// <summary>Reads a value. An object is a copy: what is changed in it is stored by <see cref="StoreValue"/> and by nothing else.</summary>
    /// <param name="key">The key.</param>
    /// <param name="defaultValue">What to return when the key is absent, and only then.</param>
    /// <exception cref="SessionValueException">The stored value is not a <typeparamref name="T"/>.</exception>
    T? GetValue<T>(string key, T? defaultValue = default);

    /// <summary>Removes a value.</summary>
    /// <returns>Whether the key existed.</returns>
    bool RemoveValue(string key);

    /// <summary>Reads a value, telling an absent key from a stored <see langword="null"/>.</summary>
    /// <returns><see langword="false"/> when the key is absent, and, with a log event, when the value is JSON that can't be read as
    /// a <typeparamref name="T"/>, as after a deployment that changed the class.</returns>
    /// <exception cref="SessionValueException">The stored value is a string, an int or a byte array, and not a
    /// <typeparamref name="T"/>.</exception>
    bool TryGetValue<T>(string key, [MaybeNullWhen(false)] out T value);

    /// <summary>The keys of all values, in no particular order. The user id is not among them: it is not a value.</summary>
    IReadOnlyCollection<string> Keys { get; }

    /// <summary>
    /// Changes one value atomically and saves it: no parallel request's change of it is lost. The request's changes so far
    /// are saved with it, and all of that stays even if the handler throws later. Begins a session when there is none.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="update">Gets the current value, or the default when the key is absent, and returns the new one. It runs
    /// again when another request was faster, so it should have no side effects.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The new value, saved.</returns>
    /// <exception cref="SessionEndedException">The session ended meanwhile; nothing was saved.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached, or the value kept changing for one
    /// <see cref="SessionManagerOptions.IOTimeout"/>.</exception>
    /// <exception cref="SessionValueException">The value is of another type, can't be written or is too large.</exception>
    ValueTask<T> UpdateValueAsync<T>(string key, Func<T?, T> update, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads a value and removes it, atomically and saved: of many parallel requests exactly one gets it. The request's
    /// changes so far are saved with it. A request that prefetches or prerenders a page, as its headers <c>Sec-Purpose</c>, <c>Purpose</c>,
    /// <c>X-Purpose</c> or <c>X-Moz</c> say, takes nothing and saves nothing: the value stays for whoever comes to see it. A prerendered page that is
    /// shown later has been made without the value.
    /// </summary>
    /// <returns>The value, or the default when the key is absent or the request is a prefetch.</returns>
    /// <exception cref="SessionEndedException">The session ended meanwhile; nothing was taken.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    /// <exception cref="SessionValueException">The stored value is not a <typeparamref name="T"/>; it stays.</exception>
    ValueTask<T?> TakeValueAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// The public id of the session: safe to log and to show, useless as a credential, the same before and after a change of
    /// token. Without a session, the id that one begun in this request would get; reading it creates nothing, and the next request has
    /// another, so it is no key for anything before the first save.
    /// </summary>
    string SessionId { get; }

    /// <summary>Times and user of the session; <see langword="null"/> while there is none.</summary>
    SessionInfo? Info { get; }

    /// <summary>Why the session this browser came with is gone; <see langword="null"/> when it came with none, or with a
    /// living one. Every request that brings a dead token is told.</summary>
    SessionEndReason? PreviousSessionEnd { get; }

    /// <summary>
    /// Lets the signed-in user, support, act as another one, a customer, in this session: from here on the customer is the signed-in user, and
    /// <see cref="SessionInfo.ActorId"/> says who acts. Whether the user may is the application's to decide before it calls this. The user's values
    /// are set aside and are there again after <see cref="EndImpersonation"/>; what the customer has in sessions of their own is not touched. The
    /// token changes. This saves at once, with the changes that the request has made so far.
    /// </summary>
    /// <param name="userId">The customer's id, as it is given to <see cref="SetUserId"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">The id names nobody.</exception>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the user acts as somebody already, or is that very user; or the response
    /// has started.</exception>
    /// <exception cref="SessionEndedException">The session ended, or changed its user or its token, meanwhile.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task ImpersonateAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default);

    /// <summary>Ends what <see cref="ImpersonateAsync"/> began: the user who acted is the signed-in one again, with the values of before and as
    /// long ago signed in as before. What was stored while acting is dropped. The token changes. Does nothing when nobody acts.</summary>
    /// <exception cref="InvalidOperationException">The response has started, or the user has withdrawn consent to a cookie that is not essential: the
    /// new token can't reach the browser any more. The acting goes on; <see cref="ClearSession"/> ends it all the same.</exception>
    void EndImpersonation();

    /// <summary>This request does not count as use of the session: it moves <see cref="SessionInfo.LastSeenAt"/> neither when it ends nor with
    /// what it changes, and <see cref="CommitAsync"/> keeps nothing alive. Only a sign-in is a use all the same. It holds from the call on, so
    /// call it before the first change; with <see cref="LoadMode.OnDemand"/> it may come before <see cref="LoadAsync"/>. For whole endpoints there
    /// is <see cref="SessionAttribute.Touch"/>, and for all requests <see cref="SessionManagerOptions.CountsAsUse"/>, which a store of your own that
    /// touches as it loads listens to as well.</summary>
    void SkipTouch();

    /// <summary>Changes the token: a new secret now, the old one dead as soon as this is saved. Does nothing when there is no
    /// session. Of two rotations at once one wins; the other request keeps its other changes and sets no cookie.</summary>
    /// <exception cref="InvalidOperationException">The response has started: the new token can't reach the browser any more.</exception>
    void RotateToken();

    /// <summary>Ends the session: the record, its values, the user and the cookie are all gone, and a request in flight can't
    /// bring them back. What is stored afterwards in the same request begins a fresh session.</summary>
    void DestroySession();

    /// <summary>Loads the session. Needed with <see cref="LoadMode.OnDemand"/> only; otherwise it was loaded before the
    /// handler ran, and this returns at once.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task LoadAsync(CancellationToken cancellationToken = default);

    /// <summary>Shows what is stored by now: values, user, or that the session has ended, as <see cref="PreviousSessionEnd"/> then says. This
    /// request's unsaved changes stay on top; those of a session that has ended are refused when they are saved. Loads a session that
    /// could not be loaded before. For requests that run long, and for those that wait for another one.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached; what was loaded before stays.</exception>
    Task ReloadAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Drops what this request changed and has not saved yet. A sign-out and a destroy stay, and so does what was saved before: with a first
    /// byte of the response, or by <see cref="CommitAsync"/>, <see cref="UpdateValueAsync"/> or <see cref="TakeValueAsync"/>. For filters,
    /// interceptors and others that turn an exception into an answer: a handler that throws saves nothing, but only as long as its exception
    /// reaches <c>UseSessionManager</c>. The session goes on, and what is changed later is saved as usual.
    /// </summary>
    /// <remarks>
    /// <para>Afterwards the request sees the stored session again, as it was loaded or last saved, without the user who signed out or without
    /// a session if it was destroyed. A session that would have begun does not begin, and no cookie is sent for it.</para>
    /// <para>It may be called at any time, from any thread, and twice: where there is nothing to drop it does nothing. So it does in an
    /// endpoint whose mode is <see cref="SessionMode.ReadOnly"/> or <see cref="SessionMode.Disabled"/>, before the session is loaded, where it
    /// could not be loaded, and after the request has ended. A save that is running is not stopped; what was changed since it began is
    /// dropped.</para>
    /// <para>After a save that failed, what it may have stored is not taken back: where that was a new token, later changes of this request may
    /// be refused with <see cref="SessionEndedException"/>. A response that the failed save kept from leaving may leave: what it says is
    /// then the application's word.</para>
    /// </remarks>
    void DiscardChanges();

    /// <summary>Saves the request's changes now; when it returns they are saved. Not needed for the ordinary request: its
    /// changes are saved before the response leaves. Unless the request does not count as use at all, it counts also when there is nothing to save, so a request that runs longer
    /// than <see cref="SessionManagerOptions.IdleTimeout"/>, an open socket or an event stream keeps its session alive by it.</summary>
    /// <exception cref="SessionEndedException">The session ended meanwhile; nothing was saved.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached; the changes stay pending. When a new token was among
    /// them, nothing more can be changed until this has succeeded.</exception>
    Task CommitAsync(CancellationToken cancellationToken = default);
}
