using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>Several schemes over one session: a sign-in belongs to the one that made it.</summary>
public sealed class SchemeTests
{
    [Fact]
    public async Task A_sign_in_by_one_scheme_opens_nothing_of_another()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync("/by/Customer/ann");
        Assert.Equal((200, 401), (await StatusAsync(browser, "/customers"), await StatusAsync(browser, "/admins")));
        Assert.Equal(("ann", "nobody"), (await browser.ReadAsync("/user-of/Customer"), await browser.ReadAsync("/user-of/Admin")));

        await browser.DoAsync("/by/Admin/root");
        Assert.Equal((401, 200), (await StatusAsync(browser, "/customers"), await StatusAsync(browser, "/admins")));
        Assert.Equal(("nobody", "root"), (await browser.ReadAsync("/user-of/Customer"), await browser.ReadAsync("/user-of/Admin")));
    }

    [Fact]
    public async Task A_sign_out_of_one_scheme_leaves_the_sign_in_by_another()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/by/Customer/ann");

        await browser.DoAsync("/out/Admin");
        Assert.Equal(200, await StatusAsync(browser, "/customers"));

        await browser.DoAsync("/out/Customer");
        Assert.Equal(401, await StatusAsync(browser, "/customers"));
    }

    [Fact]
    public async Task A_password_alone_opens_nothing_while_the_second_factor_is_pending()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync("/by/TwoFactorPending/ann");
        Assert.Equal(401, await StatusAsync(browser, "/customers"));
        Assert.Equal("nobody", await browser.ReadAsync("/user"));
        Assert.Equal("ann", await browser.ReadAsync("/user-of/TwoFactorPending"));

        await browser.DoAsync("/by/Customer/ann");
        Assert.Equal(200, await StatusAsync(browser, "/customers"));
        Assert.Equal("nobody", await browser.ReadAsync("/user-of/TwoFactorPending"));
    }

    [Fact]
    public async Task SetUserId_signs_in_by_the_first_scheme()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync("/sign-in/ann");

        Assert.Equal(("ann", "nobody"), (await browser.ReadAsync("/user-of/Customer"), await browser.ReadAsync("/user-of/Admin")));
    }

    [Fact]
    public async Task SetUserId_of_the_user_of_another_scheme_replaces_that_sign_in_and_its_claims()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/by/Admin/ann");

        await browser.DoAsync("/sign-in/ann");

        Assert.Equal(("ann", "nobody"), (await browser.ReadAsync("/user-of/Customer"), await browser.ReadAsync("/user-of/Admin")));
        Assert.DoesNotContain("granted-by", await browser.ReadAsync("/claims"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SetUserId_of_the_user_of_the_same_scheme_keeps_the_claims()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/by/Customer/ann");

        await browser.DoAsync("/sign-in/ann");

        Assert.Contains("granted-by=Customer", await browser.ReadAsync("/claims"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ann", "cart")]
    [InlineData("bob", "nothing")]
    public async Task A_sign_in_by_another_scheme_keeps_the_values_of_the_same_user_alone(string user, string cart)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/by/Customer/ann");
        await browser.DoAsync("/values/cart/cart");

        await browser.DoAsync($"/by/Admin/{user}");

        Assert.Equal(cart, await browser.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task What_was_begun_under_one_scheme_is_not_saved_under_another()
    {
        await using var app = await StartAsync(map: app => app.MapPost("/slow/{value}", async (ISessionManager session, string value) =>
        {
            session.StoreValue("cart", value);
            Entered.SetResult();
            await Held.Task;
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/by/TwoFactorPending/ann");
        var slow = browser.Clone().PostAsync("/slow/x");
        await Entered.Task;

        await browser.DoAsync("/by/Customer/ann");
        Held.SetResult();

        Assert.Equal(HttpStatusCode.Conflict, (await slow).StatusCode);
        Assert.Equal("nothing", await browser.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task Calls_of_one_request_know_who_signed_in_by_what()
    {
        await using var app = await StartAsync(map: app => app.MapPost("/in-and-out", async (HttpContext context) =>
        {
            await context.SignInAsync("Admin", PrincipalOf("Admin", "root"));
            await context.SignOutAsync("Customer");
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/by/Customer/ann");

        await browser.DoAsync("/in-and-out");

        Assert.Equal("root", await browser.ReadAsync("/user-of/Admin"));
    }

    [Theory]
    [InlineData("Customer")]
    [InlineData("Admin")]
    public async Task A_scheme_that_another_one_forwards_to_authenticates_its_own_sign_ins_alone(string forwarded)
    {
        await using var app = await StartAsync(services => services.AddAuthentication("Smart").AddPolicyScheme("Smart", null, options => options.ForwardDefault = forwarded));
        var browser = app.NewBrowser();

        await browser.DoAsync("/by/Admin/root");

        Assert.Equal(forwarded == "Admin" ? "root" : "nobody", await browser.ReadAsync("/user"));
    }

    private TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static ClaimsPrincipal PrincipalOf(string scheme, string user) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.NameIdentifier, user), new Claim("granted-by", scheme)], scheme));

    private static async Task<int> StatusAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return (int)response.StatusCode;
    }

    private static Task<App> StartAsync(Action<IServiceCollection>? services = null, Action<WebApplication>? map = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/user", (ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");
            app.MapGet("/claims", (ClaimsPrincipal user) => string.Join('|', user.Claims.Select(claim => $"{claim.Type}={claim.Value}")));
            app.MapGet("/customers", () => "customers").RequireAuthorization(Of("Customer"));
            app.MapGet("/admins", () => "admins").RequireAuthorization(Of("Admin"));
            app.MapGet("/user-of/{scheme}", async (HttpContext context, string scheme) =>
                (await context.AuthenticateAsync(scheme)).Principal?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");
            app.MapPost("/by/{scheme}/{user}", (HttpContext context, string scheme, string user) => context.SignInAsync(scheme, PrincipalOf(scheme, user)));
            app.MapPost("/out/{scheme}", (HttpContext context, string scheme) => context.SignOutAsync(scheme));
            map?.Invoke(app);
        },
        new AppOptions
        {
            Services = collection =>
            {
                collection.AddAuthentication("Customer").AddSessionManager("Customer").AddSessionManager("Admin").AddSessionManager("TwoFactorPending");
                collection.AddAuthorization();
                services?.Invoke(collection);
            },
        });

    private static AuthorizationPolicy Of(string scheme) => new AuthorizationPolicyBuilder(scheme).RequireAuthenticatedUser().Build();
}
