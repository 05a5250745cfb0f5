using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Razor.Hosting;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Settings that several levels name: group and endpoint, controller and action, base class and class.</summary>
public sealed class SessionSettingsTests
{
    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData("inherited", "ReadOnly False Anonymous")]
    [InlineData("mode", "ReadWrite False Anonymous")]
    [InlineData("touch", "ReadOnly True Anonymous")]
    [InlineData("failure", "ReadOnly False Fail")]
    [InlineData("bare", "ReadWrite False Anonymous")]
    [InlineData("overridden", "Disabled True Anonymous")]
    public async Task An_action_its_controller_and_their_bases_name_settings_one_by_one(string action, string expected)
    {
        await using var app = await App.StartAsync(app => app.MapControllers(), WithControllers());

        Assert.Equal(expected, await app.NewBrowser().ReadAsync($"/settings/{action}"));
    }

    [Fact]
    public async Task A_group_of_controllers_is_farther_than_a_base_class_and_a_convention_nearer_than_an_action()
    {
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapGroup("/far").WithSession(SessionMode.Disabled).MapControllers();
                app.MapGroup("/near").MapControllers().WithSession(SessionMode.Disabled);
            },
            WithControllers());

        Assert.Equal("ReadOnly False Anonymous", await app.NewBrowser().ReadAsync("/far/settings/inherited"));
        Assert.Equal("Disabled False Anonymous", await app.NewBrowser().ReadAsync("/near/settings/mode"));
    }

    [Fact]
    public async Task Groups_a_lambda_and_what_is_added_to_its_endpoint_name_settings_one_by_one()
    {
        await using var app = await App.StartAsync(app =>
        {
            var outer = app.MapGroup("").WithMetadata(new SessionAttribute { StoreFailureMode = StoreFailureMode.Anonymous, Touch = false });
            var inner = outer.MapGroup("").WithSession(SessionMode.ReadOnly);
            app.MapGet("/none", SettingsBaseController.Describe);
            inner.MapGet("/groups", SettingsBaseController.Describe);
            inner.MapGet("/lambda", [Session(Touch = true)] (HttpContext context) => SettingsBaseController.Describe(context));
            inner.MapGet("/added", [Session(SessionMode.Disabled)] (HttpContext context) => SettingsBaseController.Describe(context))
                .WithSession(SessionMode.ReadWrite);
        });
        var browser = app.NewBrowser();

        Assert.Equal("nothing", await browser.ReadAsync("/none"));
        Assert.Equal("ReadOnly False Anonymous", await browser.ReadAsync("/groups"));
        Assert.Equal("ReadOnly True Anonymous", await browser.ReadAsync("/lambda"));
        Assert.Equal("ReadWrite False Anonymous", await browser.ReadAsync("/added"));
    }

    [Fact]
    public async Task WithSession_sets_any_settings_and_leaves_the_others_to_the_group()
    {
        var calls = 0;
        await using var app = await App.StartAsync(app =>
        {
            var group = app.MapGroup("").WithSession(session => (session.Mode, session.Touch) = (SessionMode.ReadOnly, false));
            group.MapGet("/group", SettingsBaseController.Describe);
            group.MapGet("/touch", SettingsBaseController.Describe).WithSession(session => session.Touch = true);
            group.MapGet("/mode", SettingsBaseController.Describe).WithSession(session => session.Mode = SessionMode.Disabled);
            group.MapGet("/nothing", SettingsBaseController.Describe).WithSession(_ => calls++);
            group.MapGet("/attribute", [Session(Mode = SessionMode.ReadWrite)] (HttpContext context) => SettingsBaseController.Describe(context))
                .WithSession(session => session.StoreFailureMode = StoreFailureMode.Anonymous);
        });
        var browser = app.NewBrowser();

        Assert.Equal("ReadOnly False default", await browser.ReadAsync("/group"));
        Assert.Equal("ReadOnly True default", await browser.ReadAsync("/touch"));
        Assert.Equal("Disabled False default", await browser.ReadAsync("/mode"));
        Assert.Equal("ReadWrite False default", await browser.ReadAsync("/nothing"));
        Assert.Equal("ReadWrite False Anonymous", await browser.ReadAsync("/attribute"));
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_setting_of_a_group_holds_for_an_endpoint_that_names_another(bool late)
    {
        await using var app = await App.StartAsync(
            app =>
            {
                if (late)
                {
                    app.UseRouting();
                }

                app.MapSession();
                var group = app.MapGroup("/group").WithMetadata(
                    new SessionAttribute(SessionMode.ReadOnly) { Touch = false, StoreFailureMode = StoreFailureMode.Anonymous });
                group.MapGet("/touch", (ISessionManager session) => Refusal(session)).WithMetadata(new SessionAttribute { Touch = true });
                group.MapGet("/mode", (ISessionManager session) => session.StoreValue("fruit", "pear")).WithSession(SessionMode.ReadWrite);
                group.MapGet("/failure", (ISessionManager session) => session.GetUserId() ?? "nobody").WithSession(SessionMode.ReadWrite);
            },
            new AppOptions { Cache = _cache });
        var browser = app.NewBrowser();
        using (var signedIn = await browser.PostAsync("/sign-in/alice"))
        {
            await signedIn.BodyAsync();
        }


        Assert.Contains("'ReadOnly'", await browser.ReadAsync("/group/touch"), StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await browser.ReadAsync("/group/mode");
        if (!late)
        {
            _cache.Plan(CacheOperation.Get, CacheFault.Fail);
            Assert.Equal("nobody", await browser.ReadAsync("/group/failure"));
        }

        app.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_page_model_names_settings_beside_its_base_class()
    {
        await using var app = await App.StartAsync(app => app.MapRazorPages(), WithPages(typeof(MarkedPage)));

        Assert.Equal("ReadOnly False default", await app.NewBrowser().ReadAsync("/marked"));
    }

    [Fact]
    public async Task A_hub_names_settings_beside_its_base_class()
    {
        await using var app = await App.StartAsync(
            app =>
            {
                app.Use(async (context, next) =>
                {
                    context.Response.Headers["Settings"] = SettingsBaseController.Describe(context);
                    await next(context);
                });
                app.MapHub<MarkedHub>("/hub");
            },
            new AppOptions { Services = services => services.AddSignalR() });

        using var response = await app.NewBrowser().PostAsync("/hub/negotiate?negotiateVersion=1");

        Assert.Equal("ReadOnly False default", response.Headers.GetValues("Settings").Single());
    }

    [Theory]
    [InlineData(typeof(MarkedHandlerPage), nameof(MarkedHandlerModel), "OnPostSave")]
    [InlineData(typeof(InheritingHandlerPage), nameof(InheritingHandlerModel), "OnPostSave")]
    [InlineData(typeof(InlineHandlerPage), nameof(InlineHandlerPage), "OnGet")]
    public async Task Settings_on_the_handler_of_a_page_stop_the_start_and_name_it(Type page, string model, string handler)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => App.StartAsync(app => app.MapRazorPages(), WithPages(typeof(MarkedPage), page)));

        Assert.Contains($"{model}.{handler}'", refused.Message, StringComparison.Ordinal);
    }

    private static string Refusal(ISessionManager session) => Record.Exception(() => session.StoreValue("fruit", "pear"))!.Message;

    private static AppOptions WithControllers() => new()
    {
        Services = services => services.AddControllers().AddApplicationPart(typeof(InheritedSettingsController).Assembly),
    };

    private static AppOptions WithPages(params Type[] pages) => new()
    {
        Services = services => services.AddRazorPages().ConfigureApplicationPartManager(parts => parts.ApplicationParts.Add(new PagesPart(pages))),
    };

    [Session(SessionMode.ReadOnly)]
    internal abstract class MarkedBaseModel : PageModel;

    [Session(Touch = false)]
    internal sealed class MarkedModel : MarkedBaseModel
    {
        public ContentResultOf OnGet() => new(SettingsBaseController.Describe(HttpContext));
    }

    internal class MarkedHandlerModel : PageModel
    {
        [Session(SessionMode.ReadOnly)]
        public virtual void OnPostSave()
        {
        }
    }

    internal sealed class InheritingHandlerModel : MarkedHandlerModel
    {
        public override void OnPostSave()
        {
        }
    }

    [RazorCompiledItemMetadata("RouteTemplate", "/marked")]
    internal sealed class MarkedPage : EmptyPage
    {
        public MarkedModel Model => (MarkedModel)PageContext.ViewData.Model!;
    }

    [RazorCompiledItemMetadata("RouteTemplate", "/marked-handler")]
    internal sealed class MarkedHandlerPage : EmptyPage
    {
        public MarkedHandlerModel Model => (MarkedHandlerModel)PageContext.ViewData.Model!;
    }

    [RazorCompiledItemMetadata("RouteTemplate", "/inheriting-handler")]
    internal sealed class InheritingHandlerPage : EmptyPage
    {
        public InheritingHandlerModel Model => (InheritingHandlerModel)PageContext.ViewData.Model!;
    }

    [RazorCompiledItemMetadata("RouteTemplate", "/inline-handler")]
    internal sealed class InlineHandlerPage : EmptyPage
    {
        public InlineHandlerPage Model => this;

        [Session(Touch = false)]
        public void OnGet() => WriteLiteral("");
    }

    internal abstract class EmptyPage : Page
    {
        public override Task ExecuteAsync() => Task.CompletedTask;
    }

    [Session(SessionMode.ReadOnly)]
    internal abstract class MarkedBaseHub : Hub;

    [Session(Touch = false)]
    internal sealed class MarkedHub : MarkedBaseHub;

    internal sealed class ContentResultOf : Microsoft.AspNetCore.Mvc.ContentResult
    {
        public ContentResultOf(string content) => Content = content;
    }

    /// <summary>What the build makes of an application's pages.</summary>
    private sealed class PagesPart(Type[] pages) : ApplicationPart, IRazorCompiledItemProvider
    {
        public override string Name => nameof(PagesPart);

        public IEnumerable<RazorCompiledItem> CompiledItems => pages.Select(page => new CompiledPage(page));
    }

    private sealed class CompiledPage(Type page) : RazorCompiledItem
    {
        public override string Identifier => $"/Pages/{page.Name}.cshtml";

        public override string Kind => "mvc.1.0.razor-page";

        public override IReadOnlyList<object> Metadata => page.GetCustomAttributes(inherit: true);

        public override Type Type => page;
    }
}
