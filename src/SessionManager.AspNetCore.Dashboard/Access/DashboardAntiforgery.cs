using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Dashboard.Access;

/// <summary>The framework's antiforgery: the application's own, or one with the defaults where the application has
/// none.</summary>
internal sealed class DashboardAntiforgery : IDisposable
{
    private readonly ServiceProvider? _ownServices;
    private readonly IAntiforgery _antiforgery;

    public DashboardAntiforgery(IServiceProvider services)
    {
        if (services.GetService<IAntiforgery>() is { } antiforgery)
        {
            _antiforgery = antiforgery;
            return;
        }

        var own = new ServiceCollection();
        own.AddLogging();
        own.AddAntiforgery(options => options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest);
        if (services.GetService<IDataProtectionProvider>() is { } keys)
        {
            own.AddSingleton(keys);
        }

        _ownServices = own.BuildServiceProvider();
        _antiforgery = _ownServices.GetRequiredService<IAntiforgery>();
    }

    /// <summary>The name and the value of the hidden field that every form needs. Call it before the response starts,
    /// because it may set a cookie.</summary>
    public (string Name, string Value) GetFormField(HttpContext context)
    {
        var tokens = _antiforgery.GetAndStoreTokens(context);
        return (tokens.FormFieldName, tokens.RequestToken!);
    }

    /// <summary>Whether a POST comes from a form of the dashboard. A request whose body can't be read does
    /// not.</summary>
    public async Task<bool> IsValidAsync(HttpContext context)
    {
        try
        {
            return await _antiforgery.IsRequestValidAsync(context);
        }
        catch (Exception exception) when (
            exception is InvalidDataException or IOException or BadHttpRequestException
                or AntiforgeryValidationException)
        {
            return false;
        }
    }

    public void Dispose() => _ownServices?.Dispose();
}
