using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.TempData;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>Which provider of TempData an application gets: the session's in place of MVC's default, and its own when it chose one.</summary>
public sealed class TempDataRegistrationTests
{
    [Fact]
    public void Sessions_before_mvc_and_after_it_are_the_place_of_TempData()
    {
        AssertProvider<SessionTempDataProvider>(services => services.AddSessionManager(), services => services.AddControllersWithViews());
        AssertProvider<SessionTempDataProvider>(services => services.AddSessionManager(), services => services.AddRazorPages());
        AssertProvider<SessionTempDataProvider>(services => services.AddSessionManager(), services => services.AddMvcCore().AddViews());
    }

    [Fact]
    public void A_provider_that_the_application_chose_stays()
    {
        AssertProvider<SessionStateTempDataProvider>(
            services => services.AddSessionManager(), services => services.AddControllersWithViews().AddSessionStateTempDataProvider());
        AssertProvider<CookieTempDataProvider>(
            services => services.AddSessionManager(), services => services.AddControllersWithViews().AddCookieTempDataProvider());
        AssertProvider<OwnProvider>(
            services => services.AddSessionManager(),
            services => services.AddControllersWithViews().Services.Replace(ServiceDescriptor.Singleton<ITempDataProvider, OwnProvider>()));
    }

    [Fact]
    public void One_of_several_that_were_added_is_the_last()
    {
        AssertProvider<OwnProvider>(services =>
        {
            services.AddControllersWithViews();
            services.AddSingleton<ITempDataProvider, OwnProvider>();
            services.AddSessionManager();
        });
    }

    [Fact]
    public void Adding_sessions_again_does_not_undo_a_choice()
    {
        AssertProvider<CookieTempDataProvider>(services =>
        {
            services.AddSessionManager();
            services.AddControllersWithViews().AddCookieTempDataProvider();
            services.AddAuthentication().AddSessionManager();
        });
        AssertProvider<CookieTempDataProvider>(services =>
        {
            services.AddSessionManager();
            services.Replace(ServiceDescriptor.Singleton<ITempDataProvider, CookieTempDataProvider>());
            services.AddSessionManager();
            services.AddControllersWithViews();
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_built_in_provider_goes_on_over_the_session_in_either_order(bool sessionsFirst)
    {
        await using var app = await StartAsync(services =>
        {
            if (sessionsFirst)
            {
                services.AddSessionManager();
            }

            services.AddControllersWithViews().AddSessionStateTempDataProvider();
            services.AddSessionManager();
        });
        using var client = app.GetTestClient();
        var browser = new Browser(client, "sid");

        using var saved = await browser.PostAsync("/framework-session/save?message=hello");

        Assert.Equal("hello", await browser.ReadAsync("/framework-session/peek"));
        Assert.Equal("hello 3 2026-01-02T03:04:05.0000000Z a+b", await browser.ReadAsync("/framework-session/show"));
        Assert.Equal("nothing", await browser.ReadAsync("/framework-session/show"));
    }

    [Fact]
    public async Task Without_the_middleware_only_who_uses_TempData_hears_of_it()
    {
        await using var app = await StartAsync(
            services => services.AddSessionManager().Services.AddSingleton(new TempDataSteps { ["nothing"] = _ => Task.CompletedTask }).AddControllersWithViews(),
            use: false);
        using var client = app.GetTestClient();
        var browser = new Browser(client, "sid");

        using var idle = await browser.PostAsync("/temp-data/without/nothing");

        using var failed = await browser.GetAsync("/framework-session/show");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.InternalServerError), (idle.StatusCode, failed.StatusCode));
        Assert.Contains("Session has not been configured", await failed.BodyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_without_mvc_is_built_and_validated_as_before()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSessionManager();
        builder.WebHost.UseDefaultServiceProvider(options => (options.ValidateOnBuild, options.ValidateScopes) = (true, true));

        await using var app = builder.Build();

        Assert.Null(app.Services.GetService<ITempDataDictionaryFactory>());
    }

    /// <summary>The provider of an application that adds the parts in this order, and in the other one.</summary>
    private static void AssertProvider<T>(params Action<IServiceCollection>[] parts)
    {
        foreach (var order in (Action<IServiceCollection>[][])[parts, [.. parts.Reverse()]])
        {
            var services = new ServiceCollection().AddLogging();
            foreach (var part in order)
            {
                part(services);
            }

            using var provider = services.BuildServiceProvider();
            Assert.IsType<T>(provider.GetRequiredService<ITempDataProvider>());
        }
    }

    private static async Task<WebApplication> StartAsync(Action<IServiceCollection> configure, bool use = true)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        configure(builder.Services);
        var app = builder.Build();
        if (use)
        {
            app.UseSessionManager();
        }

        app.MapControllers();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private sealed class OwnProvider : ITempDataProvider
    {
        public IDictionary<string, object> LoadTempData(HttpContext context) => new Dictionary<string, object>(StringComparer.Ordinal);

        public void SaveTempData(HttpContext context, IDictionary<string, object> values)
        {
        }
    }
}
