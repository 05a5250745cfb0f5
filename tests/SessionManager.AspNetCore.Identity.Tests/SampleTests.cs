using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.Identity.Tests;

/// <summary>The sample with Entity Framework Core on SQLite, as a person would use it.</summary>
public sealed partial class SampleTests : IAsyncDisposable
{
    private const string Secret = "a few good words";

    private static readonly Uri Home = new("/", UriKind.Relative);

    private readonly DirectoryInfo _contentRoot = Directory.CreateTempSubdirectory("identity-");
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private WebApplicationFactory<Program> _sample;

    public SampleTests() => _sample = Start();

    public async ValueTask DisposeAsync()
    {
        await _sample.DisposeAsync();
        _contentRoot.Delete(recursive: true);
    }

    [Fact]
    public async Task A_page_leads_who_is_nobody_to_the_login_and_back()
    {
        var browser = await RegisteredAsync("ann");
        await PostAsync(browser, "/", "/?handler=SignOut");
        using var asked = await _sample.CreateClient(new() { AllowAutoRedirect = false }).GetAsync(new Uri("/Password", UriKind.Relative), Cancellation);
        Assert.Equal("/Login?ReturnUrl=%2FPassword", asked.Headers.Location!.PathAndQuery);

        var page = await PostAsync(browser, "/Login?ReturnUrl=%2FPassword", form: Login("ann"));

        Assert.Contains("<h1>Change your password</h1>", page, StringComparison.Ordinal);
        page = await PostAsync(browser, "/Login?ReturnUrl=https%3A%2F%2Fevil.example%2F", form: Login("ann"));
        Assert.Contains("<h1>My devices</h1>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_five_lock_the_account()
    {
        await RegisteredAsync("ann");
        var browser = _sample.CreateClient();
        for (var i = 0; i < 4; i++)
        {
            Assert.Contains("The name or the password is wrong.", await PostAsync(browser, "/Login", form: Login("ann", "wrong")), StringComparison.Ordinal);
        }

        Assert.Contains("Too many attempts.", await PostAsync(browser, "/Login", form: Login("ann", "wrong")), StringComparison.Ordinal);
        Assert.Contains("Too many attempts.", await PostAsync(browser, "/Login", form: Login("ann")), StringComparison.Ordinal);
        Assert.Contains("is already taken", await PostAsync(browser, "/Register", form: Login("ann")), StringComparison.Ordinal);
        Assert.Contains("at least 15 characters", await PostAsync(browser, "/Register", form: Login("bob", "short")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_remembered_outlives_the_idle_timeout_and_a_restart_of_the_server()
    {
        await RegisteredAsync("ann");
        var (remembered, other) = (_sample.CreateClient(new() { HandleCookies = false, AllowAutoRedirect = false }), _sample.CreateClient());
        await PostAsync(other, "/Login", form: Login("ann"));
        var cookie = await CookieAsync(remembered, remember: true);
        Assert.Contains("; max-age=2592000;", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("max-age", await CookieAsync(remembered, remember: false), StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Contains("Your session expired.", await other.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
        await _sample.DisposeAsync();
        _sample = Start();
        var again = _sample.CreateClient(new() { HandleCookies = false });
        again.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);

        var page = await again.GetStringAsync(Home, Cancellation);
        Assert.Contains("You are signed in as <strong>ann</strong>.", page, StringComparison.Ordinal);
        Assert.Contains(">remembered<", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_device_or_all_others_are_signed_out_from_this_one()
    {
        var first = await RegisteredAsync("ann");
        var (second, third) = (_sample.CreateClient(), _sample.CreateClient());
        await PostAsync(second, "/Login", form: Login("ann"));
        var page = await first.GetStringAsync(Home, Cancellation);
        var id = IdPattern().Match(page).Groups[1].Value;

        Assert.Contains("The device was signed out.", await PostAsync(first, "/", "/?handler=End", new() { ["id"] = id }), StringComparison.Ordinal);
        Assert.Contains("You were signed out from another device", await second.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
        Assert.Contains("You have no such device.", await PostAsync(first, "/", "/?handler=End", new() { ["id"] = id }), StringComparison.Ordinal);

        await PostAsync(second, "/Login", form: Login("ann"));
        await PostAsync(third, "/Login", form: Login("ann"));
        Assert.Contains("Signed out on 2 other device(s).", await PostAsync(third, "/", "/?handler=EndOthers"), StringComparison.Ordinal);
        Assert.Contains("<h1>Sign in</h1>", await first.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
        Assert.Contains("<h1>Sign in</h1>", await second.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_ends_the_device_of_another_user()
    {
        var (ann, bob) = (await RegisteredAsync("ann"), await RegisteredAsync("bob"));
        var second = _sample.CreateClient();
        await PostAsync(second, "/Login", form: Login("ann"));
        var id = IdPattern().Match(await ann.GetStringAsync(Home, Cancellation)).Groups[1].Value;

        Assert.Contains("You have no such device.", await PostAsync(bob, "/", "/?handler=End", new() { ["id"] = id }), StringComparison.Ordinal);

        Assert.Contains("You are signed in as <strong>ann</strong>.", await second.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_the_password_signs_out_everywhere_else_at_once()
    {
        var here = await RegisteredAsync("ann");
        var (there, bob) = (_sample.CreateClient(), await RegisteredAsync("bob"));
        await PostAsync(there, "/Login", form: Login("ann", remember: true));

        var wrong = await PostAsync(here, "/Password", form: new() { ["OldPassword"] = "wrong", ["NewPassword"] = "some other good words" });
        Assert.Contains("Incorrect password.", wrong, StringComparison.Ordinal);
        Assert.Contains("<strong>ann</strong>", await there.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
        var page = await PostAsync(here, "/Password", form: new() { ["OldPassword"] = Secret, ["NewPassword"] = "some other good words" });

        Assert.Contains("Your password was changed. Signed out on 1 other device(s).", page, StringComparison.Ordinal);
        Assert.Contains("or your password was changed.", await there.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
        Assert.Contains("<strong>bob</strong>", await bob.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
        for (var check = 0; check < 3; check++)
        {
            _clock.Advance(TimeSpan.FromMinutes(16));
            Assert.Contains("<strong>ann</strong>", await here.GetStringAsync(Home, Cancellation), StringComparison.Ordinal);
        }

        Assert.Contains("is wrong", await PostAsync(there, "/Login", form: Login("ann")), StringComparison.Ordinal);
        Assert.Contains("<h1>My devices</h1>", await PostAsync(there, "/Login", form: Login("ann", "some other good words")), StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private WebApplicationFactory<Program> Start() => new WebApplicationFactory<Program>().WithWebHostBuilder(host =>
    {
        host.UseContentRoot(_contentRoot.FullName);
        host.ConfigureServices(services => services.AddSingleton<TimeProvider>(_clock));
    });

    private static Dictionary<string, string> Login(string name, string password = Secret, bool remember = false) =>
        new() { ["Name"] = name, ["Password"] = password, ["RememberMe"] = remember ? "true" : "false" };

    private async Task<HttpClient> RegisteredAsync(string name)
    {
        var browser = _sample.CreateClient();
        Assert.Contains($"You are signed in as <strong>{name}</strong>.", await PostAsync(browser, "/Register", form: Login(name)), StringComparison.Ordinal);
        return browser;
    }

    // The page with the form gives the token, as to a browser.
    private static async Task<string> PostAsync(HttpClient browser, string page, string? action = null, Dictionary<string, string>? form = null)
    {
        using var response = await SendAsync(browser, page, action, form);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient browser, string page, string? action, Dictionary<string, string>? form)
    {
        using var shown = await browser.GetAsync(new Uri(page, UriKind.Relative), Cancellation);
        var token = TokenPattern().Match(await shown.Content.ReadAsStringAsync(Cancellation)).Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(action ?? page, UriKind.Relative));
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>(form ?? []) { ["__RequestVerificationToken"] = token });
        if (shown.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            request.Headers.Add("Cookie", cookies.Select(cookie => cookie.Split(';')[0]));
        }

        return await browser.SendAsync(request, Cancellation);
    }

    private static async Task<string> CookieAsync(HttpClient browser, bool remember)
    {
        using var response = await SendAsync(browser, "/Login", action: null, Login("ann", remember: remember));
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return response.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("sid=", StringComparison.Ordinal));
    }

    [GeneratedRegex("""__RequestVerificationToken" type="hidden" value="([^"]+)""")]
    private static partial Regex TokenPattern();

    [GeneratedRegex("""name="id" value="([^"]+)""")]
    private static partial Regex IdPattern();
}
