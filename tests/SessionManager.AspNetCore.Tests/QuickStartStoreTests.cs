using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The sample with <c>--store sqlite</c>: a restart signs nobody out.</summary>
public sealed class QuickStartStoreTests : IDisposable
{
    private readonly DirectoryInfo _contentRoot = Directory.CreateTempSubdirectory("quickstart-");

    public void Dispose() => _contentRoot.Delete(recursive: true);

    [Fact]
    public async Task Everybody_is_still_signed_in_after_a_restart_of_the_sample()
    {
        string cookie;
        await using (var first = Start("sqlite"))
        {
            using var content = new StringContent("""{"userId":"ann"}""", null, "application/json");
            using var response = await first.CreateClient().PostAsync(new Uri("/account/login", UriKind.Relative), content);
            cookie = response.EnsureSuccessStatusCode().Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        }

        await using var second = Start("sqlite");
        using var client = second.CreateClient();
        client.DefaultRequestHeaders.Add("Cookie", cookie);

        Assert.Equal(
            """{"authenticated":true,"userId":"ann"}""",
            await client.GetStringAsync(new Uri("/account/me", UriKind.Relative)));
        Assert.True(File.Exists(Path.Combine(_contentRoot.FullName, "sessions.db")));
    }

    [Fact]
    public async Task A_store_that_there_is_not_stops_the_start()
    {
        await using var sample = Start("floppy");

        Assert.Contains("'floppy'", Assert.ThrowsAny<Exception>(() => sample.CreateClient()).Message, StringComparison.Ordinal);
    }

    private WebApplicationFactory<Program> Start(string store) =>
        new WebApplicationFactory<Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("store", store);
            host.UseContentRoot(_contentRoot.FullName);
        });
}
