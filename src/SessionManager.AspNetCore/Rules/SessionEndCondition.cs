using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Rules;

/// <summary>The condition that a session must meet to be ended. The default condition always holds.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct SessionEndCondition
{
    /// <summary>The user who must be signed in; <see langword="null"/> when the user does not matter.</summary>
    public string? UserId { get; init; }

    /// <summary>The user to whom the session must belong or have belonged last; <see langword="null"/> when the owner
    /// does not matter.</summary>
    public string? OwnerId { get; init; }

    /// <summary>The session at the provider that must have vouched for the signed-in user; <see langword="null"/> when
    /// the provider does not matter.</summary>
    public ProviderSession? Provider { get; init; }

    /// <summary>The time of the sign-in that must be the last one; <see langword="null"/> when the sign-in does not
    /// matter.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>The time at which the session must have expired; <see langword="null"/> when the session need not have
    /// expired.</summary>
    public DateTimeOffset? ExpiredAt { get; init; }

    /// <summary>Returns whether the condition holds. The user, the provider and the expiry of a damaged record or a
    /// record of a newer version are not known. A record of a newer version is ended for any user or provider, and a
    /// damaged record for any owner, under whom the store finds it.</summary>
    public bool Holds(in SessionLookup found, SessionLifetime lifetime) => found.Status switch
    {
        SessionLookupStatus.Found => HoldsOf(found.Record!, lifetime),
        SessionLookupStatus.Newer => ExpiredAt is null,
        SessionLookupStatus.Unreadable => ExpiredAt is null && UserId is null && Provider is null,
        _ => false,
    };

    private bool HoldsOf(SessionRecord record, SessionLifetime lifetime) =>
        (UserId is null || string.Equals(UserId, record.UserId, StringComparison.Ordinal))
        && (OwnerId is null || string.Equals(OwnerId, record.OwnerId, StringComparison.Ordinal))
        && (AuthenticatedAt is null || AuthenticatedAt == record.AuthenticatedAt)
        && (Provider is null || Provider.Names(record.Terms?.Provider))
        && (ExpiredAt is not { } now || lifetime.IsExpired(record, now));
}
