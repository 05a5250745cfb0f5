using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

/// <summary>An application whose users sign in at a provider, with everything in the session.</summary>
internal sealed class Shop : IAsyncDisposable
{
    public const string LogoutPath = "/signout-oidc-backchannel";
    public const string Scheme = OpenIdConnectDefaults.AuthenticationScheme;

    private readonly App _app;

    private Shop(App app) => (_app, Client) = (
        app, new HttpClient(((TestServer)app.Services.GetRequiredService<IServer>()).CreateHandler()) { BaseAddress = new Uri("https://shop.example") });

    /// <summary>A client without cookies, such as the provider.</summary>
    public HttpClient Client { get; }

    public FakeTimeProvider Clock => _app.Clock;

    public DateTimeOffset Now => Clock.GetUtcNow();

    public ISessionDirectory Directory => _app.Services.GetRequiredService<ISessionDirectory>();

    public IServiceProvider Services => _app.Services;

    /// <summary>The log events of the package.</summary>
    public IReadOnlyList<LogEntry> Log => [.. _app.Logs.Entries.Where(entry => entry.Category == "SessionManager.AspNetCore.OpenIdConnect")];

    public IEnumerable<LogEntry> AllLogs => _app.Logs.Entries;

    public static async Task<Shop> StartAsync(
        OpenIdProvider provider,
        Action<OpenIdConnectOptions>? scheme = null,
        IDistributedCache? cache = null,
        FakeTimeProvider? clock = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        Action<SessionManagerOptions>? session = null,
        bool isSessionFirst = false) => new(await App.StartAsync(
        app =>
        {
            if (isSessionFirst)
            {
                // Otherwise the application has authentication in front of everything.
                app.UseAuthentication();
                app.UseAuthorization();
            }

            app.MapSession();
            app.MapGet("/login", (HttpContext context, string? back) =>
                context.ChallengeAsync(Scheme, new AuthenticationProperties { RedirectUri = back ?? "/me" })).AllowAnonymous();
            app.MapGet("/token/{name}", async (HttpContext context, string name) => await context.GetTokenAsync(name) ?? "none");
            app.MapGet("/protected", () => "secret").RequireAuthorization();
            app.MapPost("/refresh", (HttpContext context) => RefreshAsync(context, provider));
            (map ?? (static app => app.MapBackchannelLogout()))(app);
        },
        new AppOptions
        {
            Cache = cache,
            Session = session,
            Clock = clock ?? new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
            Services = collection =>
            {
                collection.AddDataProtection().UseEphemeralDataProtectionProvider();
                collection.AddAuthentication(SessionManagerDefaults.AuthenticationScheme)
                    .AddSessionManager()
                    .AddOpenIdConnect(options => Configure(options, provider, scheme));
                collection.AddAuthorization();
                services?.Invoke(collection);
            },
        }));

    public static void Configure(OpenIdConnectOptions options, OpenIdProvider provider, Action<OpenIdConnectOptions>? configure = null)
    {
        (options.Authority, options.ClientId, options.ClientSecret) = (provider.Issuer, OpenIdProvider.ClientId, OpenIdProvider.ClientSecret);
        options.SignInScheme = SessionManagerDefaults.AuthenticationScheme;
        options.ResponseType = "code";
        options.SaveTokens = true;
        options.BackchannelHttpHandler = provider;
        configure?.Invoke(options);
    }

    public Customer NewCustomer() => new(Client);

    /// <summary>Signs a user in at the provider and here.</summary>
    public async Task<Customer> SignInAsync(OpenIdProvider provider, string user = "u1", string? session = "s1")
    {
        (provider.User, provider.Session) = (user, session);
        var customer = NewCustomer();
        await customer.SignInAsync(provider);
        return customer;
    }

    /// <summary>Sends a logout token as the provider does.</summary>
    public Task<HttpResponseMessage> LogoutAsync(string token) => LogoutAsync([new("logout_token", token)]);

    public async Task<HttpResponseMessage> LogoutAsync(IEnumerable<KeyValuePair<string, string>> fields, string path = LogoutPath)
    {
        using var form = new FormUrlEncodedContent(fields);
        return await Client.PostAsync(path, form);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    // As the documents say: what AuthenticateAsync returned, with other tokens.
    private static async Task RefreshAsync(HttpContext context, OpenIdProvider provider)
    {
        var result = await context.AuthenticateAsync();
        using var client = new HttpClient(provider, disposeHandler: false);
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "refresh_token"),
            new("refresh_token", result.Properties!.GetTokenValue("refresh_token")),
            new("client_id", OpenIdProvider.ClientId),
            new("client_secret", OpenIdProvider.ClientSecret),
        ]);
        using var response = await client.PostAsync($"{provider.Issuer}/token", form);
        using var answer = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        foreach (var name in (string[])["access_token", "refresh_token"])
        {
            result.Properties!.UpdateTokenValue(name, answer.RootElement.GetProperty(name).GetString()!);
        }

        await context.SignInAsync(result.Principal!, result.Properties);
    }
}
