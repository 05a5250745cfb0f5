using System.Security.Claims;
using SessionManager.AspNetCore.Authentication;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>Which session at which provider a principal comes from, by its claims.</summary>
public sealed class ProviderClaimsTests
{
    private const string Op = "https://op.example";
    private const string Local = ClaimsIdentity.DefaultIssuer;

    public static TheoryData<string, Claim[], string?> Principals => new()
    {
        { "MapInboundClaims off", [Of("sid", "s1"), Of("sub", "u1")], $"{Op} s1 u1" },
        { "MapInboundClaims on", [Of(ClaimTypes.Sid, "s1"), Of(ClaimTypes.NameIdentifier, "u1")], $"{Op} s1 u1" },
        { "no session", [Of("sub", "u1")], $"{Op}  u1" },
        { "no subject", [Of("sid", "s1")], $"{Op} s1 " },
        { "issuer kept", [Of("iss", Op, "https://else.example"), Of("sid", "s1", Local), Of("sub", "u1", Local)], $"{Op} s1 u1" },
        { "user info adds the subject", [Of(ClaimTypes.NameIdentifier, "u1"), Of("sub", "u1", "OpenIdConnect")], $"{Op}  u1" },
        { "the application has ids of its own", [Of(ClaimTypes.NameIdentifier, "7", Local), Of("sub", "u1")], $"{Op}  u1" },
        { "the application names its users too", [Of(ClaimTypes.NameIdentifier, "7", Local), Of("sid", "s1"), Of("sub", "u1")], $"{Op} s1 u1" },
        { "the application has replaced them", [Of(ClaimTypes.NameIdentifier, "7", Local), Of(ClaimTypes.Sid, "s1")], $"{Op} s1 " },
        { "the application has kept the issuer", [Of("iss", Op, Local), Of(ClaimTypes.NameIdentifier, "7", Local)], $"{Op}  7" },
        { "local claims", [Of("sid", "s1", Local), Of("sub", "u1", Local)], null },
        { "issuer alone", [Of("iss", Op), Of(ClaimTypes.Name, "ann")], null },
        { "empty claims", [Of("sid", ""), Of("sub", "")], null },
        { "empty issuer", [Of("iss", ""), Of("sid", "s1"), Of("sub", "")], $"{Op} s1 " },
        { "nothing", [], null },
    };

    [Theory]
    [MemberData(nameof(Principals))]
    public void The_claims_name_the_session_and_its_provider(string kind, Claim[] claims, string? expected)
    {
        Assert.NotEmpty(kind);
        var provider = SessionPrincipal.ProviderOf(new ClaimsPrincipal(new ClaimsIdentity(claims, "OpenIdConnect")));

        Assert.Equal(expected, provider is null ? null : $"{provider.Issuer} {provider.SessionId} {provider.Subject}");
    }

    private static Claim Of(string type, string value, string issuer = Op) => new(type, value, ClaimValueTypes.String, issuer);
}
