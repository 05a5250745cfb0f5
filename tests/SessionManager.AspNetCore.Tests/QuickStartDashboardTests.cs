using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using QuickStart;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The sample's dashboard: for the user <c>admin</c> and for nobody else.</summary>
public sealed class QuickStartDashboardTests(WebApplicationFactory<Program> factory) : IClassFixture<WebApplicationFactory<Program>>
{
    [Fact]
    public async Task The_admin_sees_who_is_signed_in()
    {
        using var ann = await SignInAsync("ann-of-the-dashboard");
        using var admin = await SignInAsync("admin");

        Assert.Contains("<bdi>ann-of-the-dashboard</bdi>", await admin.GetStringAsync("/sessions", Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Admin")]
    [InlineData("admin ")]
    [InlineData("bob")]
    public async Task Other_users_get_nothing(string user)
    {
        using var client = await SignInAsync(user);
        using var response = await client.GetAsync("/sessions", Cancellation);
        Assert.Equal(403, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Whoever_is_not_signed_in_gets_nothing()
    {
        using var client = factory.CreateClient();
        using var response = await client.GetAsync("/sessions", Cancellation);
        Assert.Equal(401, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync(Cancellation));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task<HttpClient> SignInAsync(string user)
    {
        var client = factory.CreateClient();
        (await client.PostAsJsonAsync("/account/login", new Login(user), Cancellation)).EnsureSuccessStatusCode();
        return client;
    }
}
