namespace SessionManager.AspNetCore.Rules;

/// <summary>The claim of a sign-in that is not decided yet under
/// <see cref="SessionManagerOptions.MaxSessionsPerUser"/>. A claim does not count against the limit.</summary>
/// <param name="UserId">The user who signs in.</param>
/// <param name="RequestId">The request. Two requests that sign the same user in have different claims.</param>
internal sealed record SignInClaim(string UserId, Guid RequestId);
