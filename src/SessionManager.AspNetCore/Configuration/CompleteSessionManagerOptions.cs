using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>Fills in what the application left open: the cookie, by the environment it runs in, and the serializer's
/// resolver.</summary>
internal sealed class CompleteSessionManagerOptions(IServiceProvider services)
    : IPostConfigureOptions<SessionManagerOptions>
{
    // A host without an environment (a bare service provider) counts as production.
    private readonly bool _development =
        (services.GetService(typeof(IHostEnvironment)) as IHostEnvironment)?.IsDevelopment() == true;

    public void PostConfigure(string? name, SessionManagerOptions options)
    {
        if (options.SerializerOptions is { } serializer)
        {
            options.SerializerOptions = SessionSerializer.Complete(serializer);
        }

        if (options.Cookie is null)
        {
            return;
        }

        options.Cookie.Name ??=
            _development ? SessionCookieBuilder.DevelopmentName : SessionCookieBuilder.ProductionName;
        if (_development && options.Cookie is SessionCookieBuilder { HasSecurePolicy: false })
        {
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        }
    }
}
