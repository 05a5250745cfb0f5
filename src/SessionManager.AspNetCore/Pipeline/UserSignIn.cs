using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>A sign-in that the application asks for.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Details">The data to keep beside the user id.</param>
/// <param name="KeepsTicket">Whether a stored ticket of the same user and scheme stays.</param>
/// <param name="Terms">What the sign-in asks for the session; <see langword="null"/> when it asks for nothing.</param>
/// <param name="Now">The time of the sign-in.</param>
internal readonly record struct UserSignIn(
    string UserId, SignInDetails Details, bool KeepsTicket, SignInTerms? Terms, DateTimeOffset Now);
