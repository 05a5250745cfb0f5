using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using SessionManager.AspNetCore.Tests.Infrastructure;
using static SessionManager.AspNetCore.Tests.Authentication.CallbackApp;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>Callbacks that are rare: encoded paths, two tabs, endpoints without a session, other sites that load the callback.</summary>
public sealed class CallbackEdgeTests
{
    [Theory]
    [InlineData("/callback", "")]
    [InlineData("/rück kehr", "")]
    [InlineData("/callback", "/für alle")]
    public async Task The_cart_is_there_whatever_the_path_of_the_callback_is(string callback, string pathBase)
    {
        await using var app = await StartAsync(callback: callback, pathBase: pathBase);
        var browser = app.NewBrowser();
        var root = new PathString(pathBase).ToUriComponent();
        await browser.DoAsync(root + "/values/cart/three");
        using var challenge = await browser.PostAsync(root + "/challenge");

        var kept = CookieOf(challenge);
        Assert.NotNull(kept);
        using var answer = await PostBackAsync(app, kept, root + new PathString(callback).ToUriComponent() + "?user=alice");

        browser.Token = TokenOf(answer);
        Assert.Equal(("alice", "three"), (await browser.ReadAsync(root + "/user"), await browser.ReadAsync(root + "/values/cart")));
    }

    [Fact]
    public async Task A_challenge_that_does_not_use_the_session_keeps_it_on_demand_too()
    {
        await using var app = await StartAsync(session: options => options.LoadMode = LoadMode.OnDemand);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var challenge = await browser.PostAsync("/challenge");
        Assert.NotNull(CookieOf(challenge));
    }

    [Theory]
    [InlineData("/challenge-disabled")]
    [InlineData("/challenge-read-only")]
    public async Task A_challenge_of_an_endpoint_without_a_session_keeps_it_too(string path)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var challenge = await browser.PostAsync(path);
        Assert.NotNull(CookieOf(challenge));
    }

    [Fact]
    public async Task Two_tabs_that_sign_in_at_once_both_keep_the_cart()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        using var first = await browser.PostAsync("/challenge");
        using var second = await browser.PostAsync("/challenge");
        var jar = new List<SetCookieHeaderValue> { CookieOf(first)!, CookieOf(second)! };

        using var answer = await PostBackAsync(app, jar, "/callback?user=alice");
        browser.Token = TokenOf(answer);
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
        var expired = Assert.Single(Cookies(answer), cookie => cookie.Name.StartsWith(Name, StringComparison.Ordinal));
        Assert.Equal(0, expired.Value.Length);
        Assert.Equal(1, jar.RemoveAll(cookie => cookie.Name == expired.Name));
        using var other = await PostBackAsync(app, jar, "/callback?user=alice");
        browser.Token = TokenOf(other) ?? browser.Token;

        Assert.Equal(("alice", "three"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/values/cart")));
    }

    [Theory]
    [InlineData("image", "no-cors")]
    [InlineData("empty", "cors")]
    public async Task What_another_site_loads_beside_its_page_does_not_take_the_cookie(string destination, string mode)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        using var challenge = await browser.PostAsync("/challenge");
        var kept = CookieOf(challenge);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/callback");
        request.Headers.Add("Cookie", $"{kept!.Name}={kept.Value}");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        request.Headers.Add("Sec-Fetch-Dest", destination);
        request.Headers.Add("Sec-Fetch-Mode", mode);
        using var image = await app.NewBrowser().SendAsync(request);

        using var answer = await PostBackAsync(app, kept, "/callback?user=alice");
        browser.Token = TokenOf(answer);

        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
    }

    [Theory]
    [InlineData("signed-in")]
    [InlineData("validate")]
    public async Task An_event_of_the_scheme_may_use_the_session_at_a_callback(string where)
    {
        await using var app = await StartAsync(scheme: scheme =>
        {
            if (where == "signed-in")
            {
                scheme.Events.OnSignedIn = context =>
                {
                    context.HttpContext.RequestServices.GetRequiredService<ISessionManager>().StoreValue("state", "x");
                    return Task.CompletedTask;
                };
            }
            else
            {
                scheme.Events.OnValidatePrincipal = context =>
                {
                    context.HttpContext.RequestServices.GetRequiredService<ISessionManager>().StoreValue("state", "x");
                    return Task.CompletedTask;
                };
            }
        });
        var browser = app.NewBrowser();
        if (where == "validate")
        {
            await browser.DoAsync("/sign-in-as/alice/user");
            Assert.Equal("alice", await browser.ReadAsync("/user"));
            return;
        }

        using var answer = await PostBackAsync(app, (SetCookieHeaderValue?)null, "/callback?user=alice");

        Assert.Equal((HttpStatusCode.Redirect, true), (answer.StatusCode, TokenOf(answer) is not null));
    }

    [Fact]
    public async Task A_sign_in_within_an_event_leaves_the_event_its_changes()
    {
        await using var app = await StartAsync(scheme: scheme => scheme.Events.OnValidatePrincipal = async context =>
        {
            var session = context.HttpContext.RequestServices.GetRequiredService<ISessionManager>();
            if (context.HttpContext.Request.Path == "/user" && session.GetValue<string>("state") is null)
            {
                await context.HttpContext.SignInAsync(context.Scheme.Name, AuthenticationApp.PrincipalOf("alice", "admin"));
                session.StoreValue("state", "x");
            }
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");

        Assert.Equal("alice", await browser.ReadAsync("/user"));
        Assert.Equal(("x", "admin"), (await browser.ReadAsync("/values/state"), await browser.ReadAsync("/admin")));
    }
}
