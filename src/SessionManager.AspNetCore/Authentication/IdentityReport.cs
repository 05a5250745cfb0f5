using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Logs once at the start what of the application cookie's settings the session does not follow.</summary>
internal sealed class IdentityReport(
    IOptionsMonitor<CookieAuthenticationOptions> cookies, IServiceProvider services, ILogger<IdentityReport> logger)
    : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var ignored = IgnoredCookieSettings.Of(
            cookies.Get(IdentityConstants.ApplicationScheme), services.GetService<IDataProtectionProvider>());
        foreach (var (setting, remedy) in ignored)
        {
            logger.CookieSettingIgnored(setting, remedy);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
