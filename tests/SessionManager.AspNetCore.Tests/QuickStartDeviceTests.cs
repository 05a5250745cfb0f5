using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using QuickStart;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The sample's "my devices".</summary>
public sealed class QuickStartDeviceTests(WebApplicationFactory<Program> factory) : IClassFixture<WebApplicationFactory<Program>>
{
    private static int _users;

    private readonly string _user = $"devices-{Interlocked.Increment(ref _users)}";

    [Fact]
    public async Task A_user_sees_their_own_sessions_and_which_one_this_is()
    {
        var (first, second, stranger) = (await SignInAsync(_user), await SignInAsync(_user), await SignInAsync("somebody else"));

        var seen = await DevicesAsync(second);

        Assert.Equal(2, seen.Length);
        Assert.Equal((await DevicesAsync(first)).Single(device => device.ThisOne).SessionId, seen.Single(device => !device.ThisOne).SessionId);
        Assert.DoesNotContain((await DevicesAsync(stranger)).Single(device => device.ThisOne).SessionId, seen.Select(device => device.SessionId));
    }

    [Fact]
    public async Task One_device_is_signed_out_from_another()
    {
        var (first, second) = (await SignInAsync(_user), await SignInAsync(_user));
        var other = (await DevicesAsync(first)).Single(device => !device.ThisOne);

        Assert.Equal(204, await DeleteAsync(first, $"/account/devices/{other.SessionId}"));

        Assert.Equal(401, (int)(await second.GetAsync("/account/devices", Cancellation)).StatusCode);
        Assert.Contains("\"Revoked\"", await second.GetStringAsync("/account/session", Cancellation), StringComparison.Ordinal);
        Assert.Single(await DevicesAsync(first));
        Assert.Equal(404, await DeleteAsync(first, $"/account/devices/{other.SessionId}"));
    }

    [Fact]
    public async Task Signing_out_everywhere_else_ends_all_but_this_one()
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SignInAsync(_user)));

        var answer = await clients[2].DeleteFromJsonAsync<Ended>("/account/devices", Cancellation);

        Assert.Equal(3, answer!.Sessions);
        Assert.True(Assert.Single(await DevicesAsync(clients[2])).ThisOne);
        foreach (var client in (HttpClient[])[clients[0], clients[1], clients[3]])
        {
            Assert.Equal(401, (int)(await client.GetAsync("/account/devices", Cancellation)).StatusCode);
        }
    }

    [Fact]
    public async Task Nobody_sees_or_ends_the_sessions_of_others()
    {
        var (owner, stranger, nobody) = (await SignInAsync(_user), await SignInAsync("a stranger"), factory.CreateClient());
        var device = Assert.Single(await DevicesAsync(owner));

        Assert.Equal(404, await DeleteAsync(stranger, $"/account/devices/{device.SessionId}"));
        Assert.Equal(401, await DeleteAsync(nobody, $"/account/devices/{device.SessionId}"));
        Assert.Equal(401, await DeleteAsync(nobody, "/account/devices"));
        await stranger.DeleteFromJsonAsync<Ended>("/account/devices", Cancellation);

        Assert.Single(await DevicesAsync(owner));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private async Task<HttpClient> SignInAsync(string user)
    {
        var client = factory.CreateClient();
        (await client.PostAsJsonAsync("/account/login", new Login(user), Cancellation)).EnsureSuccessStatusCode();
        return client;
    }

    private static async Task<Device[]> DevicesAsync(HttpClient client) => (await client.GetFromJsonAsync<Device[]>("/account/devices", Cancellation))!;

    private static async Task<int> DeleteAsync(HttpClient client, string path)
    {
        using var response = await client.DeleteAsync(path, Cancellation);
        return (int)response.StatusCode;
    }
}
