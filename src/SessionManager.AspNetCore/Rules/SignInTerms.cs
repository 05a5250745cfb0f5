namespace SessionManager.AspNetCore.Rules;

/// <summary>What a sign-in asks for its session, beside the user. A session whose sign-in asks for nothing has no
/// terms.</summary>
internal sealed record SignInTerms
{
    /// <summary>Whether the browser keeps the cookie when it is closed.</summary>
    public bool IsPersistent { get; init; }

    /// <summary>Whether the idle timeout counts from the sign-in, and not from the last use.</summary>
    public bool IsFixed { get; init; }

    /// <summary>How long the session lives unused; <see langword="null"/> for the timeout of the options.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>How long the session lives at most; <see langword="null"/> for the timeout of the options.</summary>
    public TimeSpan? AbsoluteTimeout { get; init; }

    /// <summary>When the principal was last validated; <see langword="null"/> for the time of the sign-in.</summary>
    public DateTimeOffset? ValidatedAt { get; init; }

    /// <summary>The session at the OpenID Connect provider that vouched for the user; <see langword="null"/> when none
    /// did.</summary>
    public ProviderSession? Provider { get; init; }

    private static SignInTerms None { get; } = new();

    /// <summary>Returns the terms of a sign-in for which a provider vouched.</summary>
    /// <param name="terms">The terms; <see langword="null"/> when there are none.</param>
    /// <param name="provider">The session at the provider; <see langword="null"/> when no provider vouched.</param>
    public static SignInTerms? Of(SignInTerms? terms, ProviderSession? provider) =>
        ((terms ?? None) with { Provider = provider }).OrNone();

    /// <summary>Returns the terms, or <see langword="null"/> when they ask for nothing.</summary>
    public SignInTerms? OrNone() => this == None ? null : this;
}
