using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Configuration;

internal sealed class SessionManagerBuilder(IServiceCollection services) : ISessionManagerBuilder
{
    public IServiceCollection Services { get; } = services;
}
