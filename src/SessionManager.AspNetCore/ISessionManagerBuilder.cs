using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore;

/// <summary>The builder that <c>AddSessionManager</c> returns. Store packages add extension methods to it.</summary>
public interface ISessionManagerBuilder
{
    /// <summary>The application's services.</summary>
    IServiceCollection Services { get; }
}
