using Microsoft.AspNetCore.Authentication;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Makes the terms of a sign-in of what the application asks for, and refuses more than the options
/// allow.</summary>
internal static class SignInTermsRules
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>Returns the terms; <see langword="null"/> when the application asks for nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The application asks for more than the options allow.</exception>
    public static SignInTerms? Of(SessionSignInOptions asked, SessionManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(asked);
        Check(
            asked.IdleTimeout,
            asked.IsPersistent ? options.PersistentIdleTimeout : options.IdleTimeout,
            nameof(SessionSignInOptions.IdleTimeout),
            asked.IsPersistent
                ? nameof(SessionManagerOptions.PersistentIdleTimeout)
                : nameof(SessionManagerOptions.IdleTimeout));
        Check(
            asked.AbsoluteTimeout,
            asked.IsPersistent ? options.PersistentAbsoluteTimeout : options.AbsoluteTimeout,
            nameof(SessionSignInOptions.AbsoluteTimeout),
            AbsoluteLimitOf(asked.IsPersistent));
        return new SignInTerms
        {
            IsPersistent = asked.IsPersistent,
            IsFixed = !asked.SlidingExpiration,
            IdleTimeout = asked.IdleTimeout,
            AbsoluteTimeout = asked.AbsoluteTimeout,
        }.OrNone();
    }

    /// <summary>Returns the terms that the properties of a sign-in ask for; <see langword="null"/> when they ask for
    /// nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The application asks for more than the options allow.</exception>
    public static SignInTerms? Of(
        AuthenticationProperties? asked, DateTimeOffset now, SessionManagerOptions options)
    {
        if (asked is null)
        {
            return null;
        }

        // The clock of the sessions has whole milliseconds.
        TimeSpan? lasts = asked.ExpiresUtc is { } expires
            ? DateTimeOffset.FromUnixTimeMilliseconds(expires.ToUnixTimeMilliseconds()) - now
            : null;
        Check(
            lasts,
            asked.IsPersistent ? options.PersistentAbsoluteTimeout : options.AbsoluteTimeout,
            nameof(AuthenticationProperties.ExpiresUtc),
            AbsoluteLimitOf(asked.IsPersistent));
        return new SignInTerms
        {
            IsPersistent = asked.IsPersistent,
            IsFixed = asked.AllowRefresh == false,
            AbsoluteTimeout = lasts,
        }.OrNone();
    }

    private static string AbsoluteLimitOf(bool isPersistent) =>
        isPersistent
            ? nameof(SessionManagerOptions.PersistentAbsoluteTimeout)
            : nameof(SessionManagerOptions.AbsoluteTimeout);

    private static void Check(TimeSpan? asked, TimeSpan most, string name, string limit)
    {
        if (asked < Shortest)
        {
            throw new ArgumentOutOfRangeException(
                name, asked, $"The sign-in would be over at once, because {name} is not in the future.");
        }

        if (asked > most)
        {
            throw new ArgumentOutOfRangeException(
                name,
                asked,
                $"The sign-in asks for more than {limit}, '{most}', allows. Ask for less, or raise {limit}.");
        }
    }
}
