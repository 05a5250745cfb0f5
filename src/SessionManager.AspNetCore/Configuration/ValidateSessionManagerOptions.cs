using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>Finds every fault of the options at once. Each message is a rule, the value in quotes, and a
/// remedy.</summary>
internal sealed class ValidateSessionManagerOptions : IValidateOptions<SessionManagerOptions>
{
    // Times are kept, and told to stores, in whole milliseconds.
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ShortestRotation = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestIOTimeout = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, SessionManagerOptions options)
    {
        List<string> faults =
        [
            .. Timeouts(options),
            .. Rotation(options),
            .. Limits(options),
            .. Choices(options),
            .. SessionCookieRules.FaultsOf(options),
        ];
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Timeouts(SessionManagerOptions options)
    {
        if (options.IdleTimeout < ShortestTimeout || options.IdleTimeout > LongestTimeout)
        {
            yield return
                $"IdleTimeout is '{options.IdleTimeout}'. Set it to at least 1 millisecond and at most "
                + $"{LongestTimeout.Days} days.";
        }

        if (options.AbsoluteTimeout < ShortestTimeout || options.AbsoluteTimeout > LongestTimeout)
        {
            yield return
                $"AbsoluteTimeout is '{options.AbsoluteTimeout}'. Set it to at least 1 millisecond and at most "
                + $"{LongestTimeout.Days} days.";
        }

        if (options.IdleTimeout > options.AbsoluteTimeout)
        {
            yield return
                $"IdleTimeout '{options.IdleTimeout}' is longer than AbsoluteTimeout '{options.AbsoluteTimeout}'. "
                + "Lower the first or raise the second.";
        }

        if (options.PersistentIdleTimeout < ShortestTimeout || options.PersistentIdleTimeout > LongestTimeout)
        {
            yield return
                $"PersistentIdleTimeout is '{options.PersistentIdleTimeout}'. Set it to at least 1 millisecond and at "
                + $"most {LongestTimeout.Days} days.";
        }

        if (options.PersistentAbsoluteTimeout < ShortestTimeout || options.PersistentAbsoluteTimeout > LongestTimeout)
        {
            yield return
                $"PersistentAbsoluteTimeout is '{options.PersistentAbsoluteTimeout}'. Set it to at least 1 millisecond "
                + $"and at most {LongestTimeout.Days} days.";
        }

        if (options.PersistentIdleTimeout > options.PersistentAbsoluteTimeout)
        {
            yield return
                $"PersistentIdleTimeout '{options.PersistentIdleTimeout}' is longer than PersistentAbsoluteTimeout "
                + $"'{options.PersistentAbsoluteTimeout}'. Lower the first or raise the second.";
        }

        if (options.IOTimeout < ShortestTimeout || options.IOTimeout > LongestIOTimeout)
        {
            yield return
                $"IOTimeout is '{options.IOTimeout}'. Set it to at least 1 millisecond and at most "
                + $"{LongestIOTimeout.TotalMinutes} minutes.";
        }

        // Left alone it follows IdleTimeout, whose own fault is reported above.
        if (options.TouchInterval != options.IdleTimeout / 20
            && (options.TouchInterval < TimeSpan.Zero
                || options.TouchInterval >= options.IdleTimeout
                || options.IdleTimeout - options.TouchInterval < ShortestTimeout))
        {
            yield return
                $"TouchInterval is '{options.TouchInterval}'. Set it to zero or more and at least 1 millisecond "
                + $"below IdleTimeout, '{options.IdleTimeout}', or a session in use expires.";
        }
    }

    private static IEnumerable<string> Rotation(SessionManagerOptions options)
    {
        // A token is not older than its session, so the rotation would never come due.
        if (options.TokenRotationInterval is { } interval
            && (interval < ShortestRotation || interval >= options.AbsoluteTimeout))
        {
            yield return
                $"TokenRotationInterval is '{interval}'. Set it to at least 1 second and below AbsoluteTimeout, "
                + $"'{options.AbsoluteTimeout}', or to null for no timed rotation.";
        }

        if (options.MaxSessionsPerUser is <= 0)
        {
            yield return
                $"MaxSessionsPerUser is '{options.MaxSessionsPerUser}'. Set it above zero, or to null for no limit.";
        }

        if (!Enum.IsDefined(options.SessionLimitBehavior))
        {
            yield return
                $"SessionLimitBehavior is '{options.SessionLimitBehavior}'. Set it to RevokeOldest or RejectNew.";
        }

        if (options.Events is null)
        {
            yield return "Events is null. Leave the default and set its properties, or set events of your own.";
        }
    }

    private static IEnumerable<string> Limits(SessionManagerOptions options)
    {
        if (options.MaxValueBytes <= 0)
        {
            yield return $"MaxValueBytes is '{options.MaxValueBytes}'. Set it above zero.";
        }

        if (options.MaxSessionBytes <= 0 || options.MaxSessionBytes > 512 * 1024 * 1024)
        {
            yield return $"MaxSessionBytes is '{options.MaxSessionBytes}'. Set it above zero and to at most 512 MB.";
        }

        if (options.MaxValueBytes > options.MaxSessionBytes)
        {
            yield return
                $"MaxValueBytes '{options.MaxValueBytes}' is more than MaxSessionBytes '{options.MaxSessionBytes}'. "
                + "Lower the first or raise the second.";
        }

        if (options.MaxKeys is <= 0 or > 1_000_000)
        {
            yield return $"MaxKeys is '{options.MaxKeys}'. Set it above zero and to at most 1,000,000.";
        }

        if (options.MaxKeyBytes is <= 0 or > ushort.MaxValue)
        {
            yield return $"MaxKeyBytes is '{options.MaxKeyBytes}'. Set it above zero and to at most {ushort.MaxValue}.";
        }
    }

    private static IEnumerable<string> Choices(SessionManagerOptions options)
    {
        if (!Enum.IsDefined(options.ClearSessionScope))
        {
            yield return $"ClearSessionScope is '{options.ClearSessionScope}'. Set it to UserId or Everything.";
        }

        if (!Enum.IsDefined(options.StoreFailureMode))
        {
            yield return $"StoreFailureMode is '{options.StoreFailureMode}'. Set it to Fail or Anonymous.";
        }

        if (!Enum.IsDefined(options.LoadMode))
        {
            yield return $"LoadMode is '{options.LoadMode}'. Set it to Eager or OnDemand.";
        }

        if (options.CountsAsUse is null)
        {
            yield return "CountsAsUse is null. Leave the default, or set '_ => true' to count every request.";
        }

        if (options.SerializerOptions is null)
        {
            yield return "SerializerOptions is null. Leave the default, or set options of your own.";
        }
        else if (options.SerializerOptions.TypeInfoResolver is null)
        {
            yield return
                "SerializerOptions has no TypeInfoResolver, and reflection is off in this application. Set the "
                + "resolver of your source-generated context.";
        }

        if (options.KeyPrefix is null)
        {
            yield return "KeyPrefix is null. Leave the default, or set a prefix, which may be empty.";
        }
        else if (SettingText.IsBroken(options.KeyPrefix))
        {
            yield return
                $"KeyPrefix is '{SettingText.Show(options.KeyPrefix)}'. Use valid Unicode without control "
                + "characters: caches cut or replace other characters, so two applications could share their keys.";
        }
    }
}
