using System.Net;
using System.Text.Json;
using SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests;

/// <summary>What can't be done now is 503, so that the provider sends its token again, which then works.</summary>
public sealed class OutageTests
{
    [Theory]
    [InlineData(StoreOperation.FindByUser, StoreFaultKind.Fail)]
    [InlineData(StoreOperation.FindByUser, StoreFaultKind.Hang)]
    [InlineData(StoreOperation.Load, StoreFaultKind.Fail)]
    [InlineData(StoreOperation.End, StoreFaultKind.Fail)]
    public async Task A_store_that_is_down_uses_no_token_up(object operation, object kind)
    {
        FaultStore store = null!;
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider, services: services => FaultStore.AddTo(services, made => store = made));
        var customer = await shop.SignInAsync(provider);
        var token = provider.LogoutToken(shop.Now, "s1", "u1");
        store.Plan((StoreOperation)operation, (StoreFaultKind)kind);

        using var down = await shop.LogoutAsync(token);
        await AssertUnavailableAsync(down, seconds: 5);
        Assert.Equal(502, Assert.Single(shop.Log).EventId);
        Assert.Equal("u1", await customer.ReadAsync("/me"));

        using var again = await shop.LogoutAsync(token);
        Assert.Equal((HttpStatusCode.OK, "Revoked"), (again.StatusCode, await customer.ReadAsync("/end")));
    }

    [Theory]
    [InlineData(CacheOperation.Get)]
    [InlineData(CacheOperation.Set)]
    public async Task A_cache_that_can_not_remember_the_token_is_503_and_the_next_try_works(object operation)
    {
        using var provider = new OpenIdProvider();
        var cache = new FaultCache();
        await using var shop = await Shop.StartAsync(provider, cache: cache, services: services => FaultStore.AddTo(services, static _ => { }));
        var token = provider.LogoutToken(shop.Now, "s1", "u1");
        cache.Plan((CacheOperation)operation, CacheFault.Fail);

        using var down = await shop.LogoutAsync(token);
        await AssertUnavailableAsync(down, seconds: 5);
        using var again = await shop.LogoutAsync(token);
        using var replayed = await shop.LogoutAsync(token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (again.StatusCode, replayed.StatusCode));
    }

    [Fact]
    public async Task A_provider_whose_keys_can_not_be_fetched_is_asked_once_a_minute()
    {
        using var provider = new OpenIdProvider { IsDown = true };
        await using var shop = await Shop.StartAsync(provider);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1"))));

        await AssertUnavailableAsync(answers[0], seconds: 60);
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode));
        Assert.Equal((1, 20), (provider.KeyFetches, shop.Log.Count(entry => entry.EventId == 502)));

        provider.IsDown = false;
        using var early = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1"));
        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        using var later = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (early.StatusCode, later.StatusCode));
    }

    private static async Task AssertUnavailableAsync(HttpResponseMessage answer, int seconds)
    {
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no-store"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(seconds), answer.Headers.RetryAfter?.Delta);
        using var json = JsonDocument.Parse(await answer.BodyAsync());
        Assert.Equal("temporarily_unavailable", json.RootElement.GetProperty("error").GetString());
    }
}
