using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Whether a request counts as use of its session.</summary>
internal static class SessionUse
{
    /// <summary>Asks <see cref="SessionManagerOptions.CountsAsUse"/>.</summary>
    public static bool Counts(RequestSession session)
    {
        try
        {
            return session.Pipeline.Options.CountsAsUse(session.Context);
        }
        catch (Exception exception)
        {
            // A fault of the application's must not end the sessions of all who are there.
            session.Pipeline.Logger.CountsAsUseFailed(exception, session.Context.TraceIdentifier);
            return true;
        }
    }
}
