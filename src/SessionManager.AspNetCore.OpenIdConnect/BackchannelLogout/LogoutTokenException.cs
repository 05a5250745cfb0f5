namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>A logout token is not valid. The message says why, shows nothing of the token, and goes to the log and to
/// the caller.</summary>
internal sealed class LogoutTokenException(string message) : Exception(message);
