using SessionManager.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Says how endpoints use the session.</summary>
public static class SessionManagerEndpointConventionBuilderExtensions
{
    /// <summary>Sets the mode of the session for the endpoints; the same as <see cref="SessionAttribute"/>.</summary>
    /// <param name="builder">The endpoints.</param>
    /// <param name="mode">The mode.</param>
    public static TBuilder WithSession<TBuilder>(this TBuilder builder, SessionMode mode)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new SessionAttribute(mode));
}
