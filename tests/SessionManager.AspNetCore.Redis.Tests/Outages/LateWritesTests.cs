using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>What a node sent on a connection that had fallen silent arrives when the network is back. By then the
/// request has been answered 503, and another node has gone on.</summary>
[Collection(RealServers.Collection)]
public sealed class LateWritesTests : IAsyncLifetime
{
    // What the other node does, and what the session shows then.
    private static readonly (string Request, string User, string Cart, string End)[] Newer =
    [
        ("/value?key=cart&value=newer", "USER", "newer", "none"),
        ("/value?key=more&value=newer", "USER", "full", "none"),
        ("/sign-out", "nobody", "full", "none"),
        ("/rotate", "USER", "full", "none"),
        ("/destroy", "nobody", "nothing", "none"),
        ("/revoke?user=USER", "nobody", "nothing", "Revoked"),
    ];

    private readonly string _prefix = $"late-{Guid.NewGuid():N}:";
    private readonly HeldRequests _held = new();
    private RedisServer _server = null!;
    private RedisLink _link = null!;
    private App _slow = null!;
    private App _other = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await Servers.StartRedisAsync();
        _link = new RedisLink(() => _server.Port);
        _slow = await OutageNode.StartAsync(_link.Configuration, _prefix, setup => setup.Map = _held.Map);
        _other = await OutageNode.StartAsync(_server.Configuration, _prefix);

        // So that each script is known, and called by its hash alone.
        foreach (var kind in HeldRequests.Kinds)
        {
            var pending = await _held.BeginAsync(await _slow.SignInAsync("warm"), kind);
            _held.LetGo();
            Assert.Equal(200, await pending.StatusAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_slow?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_other?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_link?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task A_commit_that_was_answered_503_and_arrives_late_changes_nothing_of_a_newer_one()
    {
        var races = new List<LateWrite>();
        foreach (var (kind, newer) in HeldRequests.Kinds.SelectMany(static _ => Newer, static (kind, it) => (kind, it)))
        {
            var user = $"user-{races.Count}";
            var browser = await _slow.SignInAsync(user);
            var pending = await _held.BeginAsync(browser, kind);
            var name = $"{kind}, then {newer.Request}";
            races.Add(new LateWrite(name, user, browser.On(_other), pending, browser.StoreId()));
        }

        _link.Silence();
        _held.LetGo();
        Assert.All(
            await Task.WhenAll(races.Select(static race => race.Pending.InTimeAsync())),
            static status => Assert.Equal(503, status));
        foreach (var (race, i) in races.Select(static (race, i) => (race, i)))
        {
            var request = Newer[i % Newer.Length].Request;
            await race.Browser.DoAsync(request.Replace("USER", race.User, StringComparison.Ordinal));
        }

        var before = await Dump.TakeAsync(_server, _prefix);
        var scripts = ScriptsOf(await _server.CommandAsync("INFO", "commandstats"));
        _link.Heal();
        await _server.WaitForAsync(answer => ScriptsOf(answer) >= scripts + races.Count, "INFO", "commandstats");
        await _slow.WaitUntilWorkingAsync();

        var after = await Dump.TakeAsync(_server, _prefix);
        foreach (var (race, i) in races.Select(static (race, i) => (race, i)))
        {
            Assert.Equal(FieldsOf(before, race), FieldsOf(after, race));
            var (_, user, cart, end) = Newer[i % Newer.Length];
            foreach (var browser in new[] { race.Browser, race.Browser.On(_slow) })
            {
                var shown = (
                    race.Name,
                    await browser.ReadAsync("/me"),
                    await browser.ReadAsync("/value?key=cart"),
                    await browser.ReadAsync("/value?key=late"),
                    await browser.ReadAsync("/end"));
                Assert.Equal((race.Name, user == "USER" ? race.User : user, cart, "nothing", end), shown);
            }
        }
    }

    private static long ScriptsOf(string statistics) =>
        statistics.Split("\r\n")
            .Where(static line => line.StartsWith("cmdstat_evalsha:calls=", StringComparison.Ordinal))
            .Select(static line => long.Parse(line.Split('=', ',')[1])).FirstOrDefault();

    private string FieldsOf(Dump dump, LateWrite race) => string.Join(
        ' ',
        dump.Hashes[$"{_prefix}{race.Id:N}"].OrderBy(static field => field.Name)
            .Select(static field => $"{field.Name}={Convert.ToHexString((byte[])field.Value!)}").Prepend(race.Name));

    private sealed record LateWrite(
        string Name, string User, Browser Browser, Task<HttpResponseMessage> Pending, Guid Id);
}
