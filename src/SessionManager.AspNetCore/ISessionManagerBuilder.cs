using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore;

/// <summary>What <c>AddSessionManager</c> returns. Store packages extend it.</summary>
public interface ISessionManagerBuilder
{
    /// <summary>The application's services.</summary>
    IServiceCollection Services { get; }
}
