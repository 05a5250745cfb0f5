using SessionManager.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says how endpoints use the session.</summary>
public static class SessionManagerEndpointConventionBuilderExtensions
{
    /// <summary>Sets the session's mode for the endpoints. The call does the same as <see cref="SessionAttribute"/> on
    /// the endpoints.</summary>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">The endpoints.</param>
    /// <param name="mode">The mode.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is not a value of
    /// <see cref="SessionMode"/>.</exception>
    public static TBuilder WithSession<TBuilder>(this TBuilder builder, SessionMode mode)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new SessionAttribute(mode));

    /// <summary>Sets how the endpoints use the session. The call does the same as <see cref="SessionAttribute"/> on the
    /// endpoints: <c>WithSession(session => session.Touch = false)</c>.</summary>
    /// <remarks>A setting that <paramref name="configure"/> does not set stays as the attribute or the group of the
    /// endpoint has it. A call that sets nothing asks for <see cref="SessionMode.ReadWrite"/>.</remarks>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">The endpoints.</param>
    /// <param name="configure">Sets the settings. It runs once, during this call.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is not a value of its enumeration.</exception>
    public static TBuilder WithSession<TBuilder>(this TBuilder builder, Action<SessionAttribute> configure)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(configure);
        var settings = new SessionAttribute();
        configure(settings);
        return builder.WithMetadata(settings);
    }
}
