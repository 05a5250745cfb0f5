using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Identity.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Identity.Tests;

/// <summary>The security stamp is validated in its interval, by the validator of the application.</summary>
public sealed class SecurityStampTests
{
    private static readonly TimeSpan Minute = IdentityApp.Minute;

    [Fact]
    public async Task A_session_whose_stamp_has_changed_ends_at_its_own_check()
    {
        await using var app = await StartAsync();
        var early = (await Client.SignInAsync(app, "ann", 1)).Single();
        app.Clock.Advance(3 * Minute);
        var late = (await Client.SignInAsync(app, "ann", 1)).Single();
        var his = (await Client.SignInAsync(app, "bob", 1)).Single();
        await his.DoAsync("/new-stamp/ann");

        app.Clock.Advance(7 * Minute);
        Assert.Equal("ann", await early.ReadAsync("/user"));
        app.Clock.Advance(Minute);
        Assert.Equal(("nobody", "nobody"), (await early.ReadAsync("/user"), await early.ReadAsync("/me")));
        Assert.Equal("Revoked", await early.ReadAsync("/end"));
        Assert.Equal("ann", await late.ReadAsync("/user"));
        app.Clock.Advance(3 * Minute);
        Assert.Equal(("nobody", "Revoked"), (await late.ReadAsync("/user"), await late.ReadAsync("/end")));
        Assert.Equal("bob", await his.ReadAsync("/user"));
    }

    [Fact]
    public async Task The_request_whose_principal_is_rejected_has_nobody()
    {
        await using var app = await StartAsync();
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        await client.DoAsync("/values/note/hers");
        await client.DoAsync("/new-stamp/ann");
        app.Clock.Advance(11 * Minute);
        using var again = client.Tab();

        Assert.Equal(302, await client.StatusAsync("/protected"));

        Assert.Equal(("nobody", "nothing", "Revoked"), (await again.ReadAsync("/me"), await again.ReadAsync("/values/note"), await again.ReadAsync("/end")));
    }

    [Fact]
    public async Task A_stamp_that_stays_is_checked_once_in_each_interval()
    {
        await using var app = await StartAsync();
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        var (token, facts) = (client.Token, await client.ReadAsync("/facts"));
        var users = IdentityApp.Users(app);

        for (var interval = 1; interval <= 4; interval++)
        {
            var before = users.Reads;
            for (var request = 0; request < 3; request++)
            {
                app.Clock.Advance(TimeSpan.FromSeconds(203));
                Assert.Equal("ann", await client.ReadAsync("/user"));
            }

            Assert.Equal(1, users.Reads - before);
        }

        Assert.Equal((token, facts), (client.Token, await client.ReadAsync("/facts")));
    }

    [Fact]
    public async Task A_check_by_one_node_counts_for_the_others()
    {
        var cache = new FaultCache();
        await using var first = await StartAsync(cache: cache);
        await using var second = await StartAsync(cache: cache);
        var client = (await Client.SignInAsync(first, "ann", 1)).Single();
        await IdentityApp.Users(second).UpdateAsync((await IdentityApp.Users(first).FindByIdAsync("id-of-ann", default))!, default);
        using var there = client.Tab(second);
        foreach (var app in (App[])[first, second])
        {
            app.Clock.Advance(11 * Minute);
        }

        var (before, beforeThere) = (IdentityApp.Users(first).Reads, IdentityApp.Users(second).Reads);
        Assert.Equal("ann", await client.ReadAsync("/user"));
        Assert.Equal("ann", await there.ReadAsync("/user"));
        Assert.Equal((1, 0), (IdentityApp.Users(first).Reads - before, IdentityApp.Users(second).Reads - beforeThere));
    }

    [Fact]
    public async Task Without_an_interval_each_request_is_checked()
    {
        await using var app = await StartAsync(interval: TimeSpan.Zero);
        var (client, other) = ((await Client.SignInAsync(app, "ann", 1)).Single(), (await Client.SignInAsync(app, "bob", 1)).Single());
        var before = IdentityApp.Users(app).Reads;
        Assert.Equal("ann", await client.ReadAsync("/user"));
        Assert.Equal("ann", await client.ReadAsync("/user"));
        Assert.Equal(2, IdentityApp.Users(app).Reads - before);

        await other.DoAsync("/new-stamp/ann");

        Assert.Equal(("nobody", "Revoked"), (await client.ReadAsync("/user"), await client.ReadAsync("/end")));
    }

    [Fact]
    public async Task Who_changes_the_own_stamp_stays_signed_in_by_a_refresh()
    {
        await using var app = await StartAsync(interval: TimeSpan.Zero, map: app =>
            app.MapPost("/change", async (SignInManager<Member> manager, UserManager<Member> users, ClaimsPrincipal user) =>
            {
                var member = (await users.GetUserAsync(user))!;
                await users.UpdateSecurityStampAsync(member);
                await manager.RefreshSignInAsync(member);
            }));
        var clients = await Client.SignInAsync(app, "ann", 2);
        var token = clients[0].Token;

        await clients[0].DoAsync("/change");

        Assert.Equal(("ann", token), (await clients[0].ReadAsync("/user"), clients[0].Token));
        Assert.Equal("nobody", await clients[1].ReadAsync("/user"));
    }

    [Fact]
    public async Task A_new_stamp_with_a_revocation_ends_all_at_once()
    {
        await using var app = await StartAsync();
        var clients = await Client.SignInAsync(app, "ann", 3);
        var his = (await Client.SignInAsync(app, "bob", 1)).Single();

        await his.DoAsync("/new-stamp/ann");
        Assert.Equal("3", await his.DoAsync("/revoke/ann"));

        foreach (var client in clients)
        {
            Assert.Equal(("nobody", "Revoked"), (await client.ReadAsync("/user"), await client.ReadAsync("/end")));
        }
    }

    [Fact]
    public async Task A_user_who_was_deleted_is_signed_out_at_the_check()
    {
        await using var app = await StartAsync();
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        await IdentityApp.Users(app).DeleteAsync(new Member { Id = "id-of-ann" }, default);
        app.Clock.Advance(11 * Minute);

        Assert.Equal(("nobody", "Revoked"), (await client.ReadAsync("/user"), await client.ReadAsync("/end")));
    }

    [Fact]
    public async Task What_the_check_renews_is_kept_in_the_session()
    {
        var role = "none";
        await using var app = await StartAsync(
            services: services => services.Configure<SecurityStampValidatorOptions>(options => options.OnRefreshingPrincipal = context =>
            {
                context.NewPrincipal!.Identities.Single().AddClaim(new Claim(ClaimTypes.Role, role));
                return Task.CompletedTask;
            }),
            map: app => app.MapGet("/issued", async (HttpContext context) => (await context.AuthenticateAsync()).Properties?.IssuedUtc));
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        var (token, facts) = (client.Token, await client.ReadAsync("/facts"));
        var issued = await client.ReadAsync("/issued");
        Assert.Equal(302, await client.StatusAsync("/admin"));
        app.Clock.Advance(11 * Minute);
        Assert.Equal(issued, await client.ReadAsync("/issued"));

        role = "admin";
        app.Clock.Advance(11 * Minute);
        Assert.Equal("admin", await client.ReadAsync("/admin"));
        role = "none";
        Assert.Equal("admin", await client.ReadAsync("/admin"));

        Assert.Equal((token, facts), (client.Token, await client.ReadAsync("/facts")));
        Assert.Equal(302, await client.StatusAsync("/recent"));
    }

    [Theory]
    [InlineData(IdentityForm.Identity)]
    [InlineData(IdentityForm.Cookies)]
    [InlineData(IdentityForm.ApplicationCookie)]
    public async Task A_rejection_signs_out_of_the_other_schemes_of_Identity_that_there_are(IdentityForm form)
    {
        await using var app = await StartAsync(form);
        using var client = new Client(app);
        if (form is not IdentityForm.ApplicationCookie)
        {
            await client.DoAsync("/two-factors/ann");
            await client.DoAsync("/login/ann");
            await client.DoAsync($"/two-factor/{FixedCodes.Code}?rememberClient=true");
            await client.DoAsync("/external/42");
            Assert.Equal([IdentityConstants.ExternalScheme, IdentityConstants.TwoFactorRememberMeScheme, "sid"], client.Cookies);
        }
        else
        {
            await client.DoAsync("/login/ann");
        }

        await client.DoAsync("/new-stamp/ann");
        app.Clock.Advance(11 * Minute);

        Assert.Equal("nobody", await client.ReadAsync("/user"));
        Assert.Equal([], client.Cookies.Except(["sid"], StringComparer.Ordinal));
        Assert.Equal("nobody", await client.ReadAsync("/user"));
    }

    [Theory]
    [InlineData(SessionMode.Disabled)]
    [InlineData(SessionMode.ReadOnly)]
    public async Task Endpoints_that_change_no_session_are_checked_too(SessionMode mode)
    {
        await using var app = await StartAsync(map: app => app.MapGet("/mode", () => "in").RequireAuthorization().WithSession(mode));
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();

        app.Clock.Advance(11 * Minute);
        Assert.Equal("in", await client.ReadAsync("/mode"));
        Assert.Equal("in", await client.ReadAsync("/mode"));
        await client.DoAsync("/new-stamp/ann");
        app.Clock.Advance(11 * Minute);
        Assert.Equal(302, await client.StatusAsync("/mode"));
        Assert.Equal("Revoked", await client.ReadAsync("/end"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_burst_of_requests_that_are_due_has_one_answer(bool changes)
    {
        await using var app = await StartAsync();
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        var token = client.Token;
        if (changes)
        {
            await client.DoAsync("/new-stamp/ann");
        }

        app.Clock.Advance(11 * Minute);
        var burst = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var tab = client.Tab();
            return (await tab.StatusAsync("/protected"), tab.Token);
        }));

        Assert.All(burst, answer => Assert.Equal(changes ? 302 : 200, answer.Item1));
        Assert.All(burst, answer => Assert.True(changes || answer.Token == token));
        Assert.Equal(changes ? "nobody" : "ann", await client.ReadAsync("/user"));
    }

    [Fact]
    public async Task While_nothing_is_due_no_request_makes_the_services_of_Identity()
    {
        var made = 0;
        await using var app = await StartAsync(services: services => services.AddScoped<IUserConfirmation<Member>>(_ =>
        {
            made++;
            return new DefaultUserConfirmation<Member>();
        }));
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        made = 0;

        Assert.Equal("ann", await client.ReadAsync("/user"));
        Assert.Equal(0, made);
        app.Clock.Advance(11 * Minute);
        Assert.Equal("ann", await client.ReadAsync("/user"));
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task The_customer_as_whom_support_acts_has_no_stamp_and_support_is_checked_afterwards()
    {
        await using var app = await StartAsync(map: app =>
        {
            app.MapPost("/act", (ISessionManager session) => session.ImpersonateAsync("id-of-bob"));
            app.MapPost("/act-no-more", (ISessionManager session) => session.EndImpersonation());
        });
        var support = (await Client.SignInAsync(app, "ann", 1)).Single();
        await support.DoAsync("/act");
        app.Clock.Advance(11 * Minute);

        Assert.Equal(("secret", "id-of-bob"), (await support.ReadAsync("/protected"), await support.ReadAsync("/me")));
        await support.DoAsync("/new-stamp/ann");
        await support.DoAsync("/act-no-more");
        Assert.Equal(("nobody", "Revoked"), (await support.ReadAsync("/user"), await support.ReadAsync("/end")));
    }

    [Fact]
    public async Task A_rejection_signs_out_of_each_scheme_even_if_another_is_missing()
    {
        await using var app = await StartAsync(IdentityForm.ApplicationCookie, services: services => services.AddAuthentication().AddExternalCookie());
        using var client = new Client(app);
        await client.DoAsync("/login/ann");
        await client.DoAsync("/external/42");
        await client.DoAsync("/new-stamp/ann");
        app.Clock.Advance(11 * Minute);

        Assert.Equal("nobody", await client.ReadAsync("/user"));
        Assert.DoesNotContain(IdentityConstants.ExternalScheme, client.Cookies);
    }

    [Fact]
    public async Task A_fault_of_the_validator_is_no_rejection_and_no_acceptance()
    {
        await using var app = await StartAsync(services: services => services.AddScoped<ISecurityStampValidator, Failing>());
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        app.Clock.Advance(11 * Minute);

        Assert.Equal(500, await client.StatusAsync("/protected"));
        Assert.Equal(500, await client.StatusAsync("/protected"));
        Assert.Equal(1, (int)await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("id-of-ann", cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_validator_of_the_application_is_asked_in_each_request_and_finds_itself_due_in_each_interval()
    {
        await using var app = await StartAsync(services: services =>
        {
            services.AddSingleton<Counts>();
            services.AddScoped<ISecurityStampValidator, Counting>();
        });
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        var counts = app.Services.GetRequiredService<Counts>();
        var begun = app.Clock.GetUtcNow();

        for (var interval = 1; interval <= 4; interval++)
        {
            for (var request = 0; request < 3; request++)
            {
                app.Clock.Advance(TimeSpan.FromMilliseconds(200_100));
                Assert.Equal("ann", await client.ReadAsync("/user"));
            }

            Assert.Equal((3 * interval, interval), (counts.Asked, counts.Checked));
        }

        // Properties keep whole seconds, and the last check was in the middle of one.
        Assert.NotEqual(0, (app.Clock.GetUtcNow() - begun).Milliseconds);
        app.Clock.Advance(10 * Minute);
        Assert.Equal("ann", await client.ReadAsync("/user"));
        Assert.Equal(4, counts.Checked);

        counts.Rejects = true;
        Assert.Equal(("nobody", "Revoked"), (await client.ReadAsync("/user"), await client.ReadAsync("/end")));
    }

    [Fact]
    public async Task The_event_of_the_scheme_validates_after_the_stamp()
    {
        List<string?> seen = [];
        var rejects = false;
        await using var app = await StartAsync(scheme: options => options.Events.OnValidatePrincipal = context =>
        {
            seen.Add(context.Principal!.Identity!.Name);
            if (rejects)
            {
                context.RejectPrincipal();
            }

            return Task.CompletedTask;
        });
        var clients = await Client.SignInAsync(app, "ann", 2);
        seen.Clear();

        Assert.Equal("ann", await clients[0].ReadAsync("/user"));
        Assert.Equal(["ann"], seen);
        rejects = true;
        Assert.Equal(("nobody", "none"), (await clients[0].ReadAsync("/user"), await clients[0].ReadAsync("/end")));
        (rejects, seen) = (false, []);
        await clients[1].DoAsync("/new-stamp/ann");
        seen.Clear();
        app.Clock.Advance(11 * Minute);
        Assert.Equal("nobody", await clients[1].ReadAsync("/user"));
        Assert.Empty(seen);
    }

    [Fact]
    public async Task Who_was_signed_in_by_id_alone_has_no_stamp_and_is_not_checked()
    {
        await using var app = await StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/sign-in/id-of-ann");
        app.Clock.Advance(11 * Minute);

        Assert.Equal(("secret", "id-of-ann"), (await client.ReadAsync("/protected"), await client.ReadAsync("/me")));
    }

    private static Task<App> StartAsync(
        IdentityForm form = IdentityForm.Identity,
        TimeSpan? interval = null,
        Action<IServiceCollection>? services = null,
        Action<SessionAuthenticationOptions>? scheme = null,
        FaultCache? cache = null,
        Action<WebApplication>? map = null) => IdentityApp.StartAsync(
        form,
        services: collection =>
        {
            collection.Configure<SecurityStampValidatorOptions>(options => options.ValidationInterval = interval ?? 10 * Minute);
            services?.Invoke(collection);
        },
        scheme: scheme,
        cache: cache,
        map: map);

    private sealed class Counts
    {
        public int Asked { get; set; }

        public int Checked { get; set; }

        public bool Rejects { get; set; }
    }

    private sealed class Counting(IOptions<SecurityStampValidatorOptions> options, SignInManager<Member> manager, ILoggerFactory logger, Counts counts)
        : SecurityStampValidator<Member>(options, manager, logger)
    {
        public override Task ValidateAsync(CookieValidatePrincipalContext context)
        {
            counts.Asked++;
            if (counts.Rejects)
            {
                context.RejectPrincipal();
                return Task.CompletedTask;
            }

            return base.ValidateAsync(context);
        }

        protected override Task<Member?> VerifySecurityStamp(ClaimsPrincipal? principal)
        {
            counts.Checked++;
            return base.VerifySecurityStamp(principal);
        }
    }

    private sealed class Failing : ISecurityStampValidator
    {
        public Task ValidateAsync(CookieValidatePrincipalContext context) => throw new InvalidOperationException("The database is away.");
    }
}
