using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>The options of the authentication scheme: what can't work, or would do nothing, stops the application at its start.</summary>
public sealed class AuthenticationOptionsTests
{
    private static readonly Dictionary<string, Action<SessionAuthenticationOptions>> Rules = new(StringComparer.Ordinal)
    {
        ["LoginPath is '/login?tenant=1'"] = options => options.LoginPath = "/login?tenant=1",
        ["LoginPath is '/login#here'"] = options => options.LoginPath = "/login#here",
        [@"LoginPath is '/login\u000d\u000aX: y'"] = options => options.LoginPath = "/login\r\nX: y",
        ["AccessDeniedPath is '/denied?a=b'"] = options => options.AccessDeniedPath = "/denied?a=b",
        [@"AccessDeniedPath is '/\u0000'"] = options => options.AccessDeniedPath = "/\0",
        ["ReturnUrlParameter is ''"] = options => options.ReturnUrlParameter = "",
        [@"ReturnUrlParameter is 'a\u000a'"] = options => options.ReturnUrlParameter = "a\n",
        ["Events of the scheme are 'System.Object'"] = options => ((AuthenticationSchemeOptions)options).Events = new object(),
        ["Events of the scheme are ''"] = options => options.Events = null!,
        ["EventsType is 'System.String'"] = options => options.EventsType = typeof(string),
        ["LogoutPath is '/out?x'"] = options => options.LogoutPath = "/out?x",
        ["ClaimsIssuer is 'me'"] = options => options.ClaimsIssuer = "me",
    };

    public static TheoryData<string> RuleNames => [.. Rules.Keys];

    [Theory]
    [MemberData(nameof(RuleNames))]
    public async Task A_broken_rule_stops_the_application_from_starting(string fault)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => AuthenticationApp.StartAsync(Rules[fault]));

        var message = Assert.Single(exception.Failures);
        Assert.StartsWith(fault, message, StringComparison.Ordinal);
        Assert.Matches(@"\. (Use|Leave|Remove)|, which .+\. (Use|Remove)", message);
    }

    [Fact]
    public async Task All_faults_of_the_scheme_are_reported_at_once()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => AuthenticationApp.StartAsync(options =>
            (options.LoginPath, options.AccessDeniedPath, options.ReturnUrlParameter, options.ClaimsIssuer) = ("/?", "/#", "", "me")));

        Assert.Equal(4, exception.Failures.Count());
    }

    [Fact]
    public async Task A_login_path_beyond_ascii_is_redirected_to_in_its_encoded_form()
    {
        await using var app = await AuthenticationApp.StartAsync(options => options.LoginPath = "/anmeldung für alle");

        using var response = await app.NewBrowser().GetAsync("/protected");

        Assert.Equal("http://localhost/anmeldung%20f%C3%BCr%20alle?ReturnUrl=%2Fprotected", response.Headers.Location!.OriginalString);
    }
}
