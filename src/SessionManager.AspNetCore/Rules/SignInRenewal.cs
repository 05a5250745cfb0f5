namespace SessionManager.AspNetCore.Rules;

/// <summary>A change of what a session keeps of its sign-in. The sign-in itself stays: its user, its times, its token
/// and its generation.</summary>
/// <param name="AuthenticatedAt">The time of the sign-in that is renewed. A later sign-in is not changed.</param>
/// <param name="Principal">The data of the sign-in, which replace the stored data; <see langword="null"/> when the
/// stored data stay.</param>
/// <param name="ValidatedAt">When the principal was validated; <see langword="null"/> when it was not.</param>
internal sealed record SignInRenewal(
    DateTimeOffset? AuthenticatedAt, ReadOnlyMemory<byte>? Principal, DateTimeOffset? ValidatedAt)
{
    /// <summary>Returns the record after the renewal.</summary>
    public SessionRecord Apply(SessionRecord record) => record with
    {
        Principal = Principal ?? record.Principal,
        Terms = ValidatedAt is { } at && !(record.Terms?.ValidatedAt >= at)
            ? (record.Terms ?? new SignInTerms()) with { ValidatedAt = at }
            : record.Terms,
    };

    /// <summary>Returns the renewal that has the effect of this one and a later one.</summary>
    public SignInRenewal Then(SignInRenewal later) =>
        new(later.AuthenticatedAt, later.Principal ?? Principal, later.ValidatedAt ?? ValidatedAt);
}
