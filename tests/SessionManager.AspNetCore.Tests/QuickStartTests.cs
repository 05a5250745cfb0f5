using Microsoft.AspNetCore.Mvc.Testing;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The sample's account and page, as they are, with the client that comes with the test server.</summary>
public sealed class QuickStartTests(WebApplicationFactory<Program> factory) : IClassFixture<WebApplicationFactory<Program>>
{
    private const string Ann = """{"authenticated":true,"userId":"ann"}""";
    private const string Nobody = """{"authenticated":false,"userId":null}""";

    private readonly QuickStartClient _client = new(factory.CreateClient());

    [Fact]
    public async Task Nobody_is_signed_in_at_first()
    {
        Assert.Equal(Nobody, await _client.MeAsync());
    }

    [Fact]
    public async Task Signing_in_answers_who_is_signed_in()
    {
        Assert.Equal(
            new QuickStartAnswer(200, "application/json", Ann, SetsCookie: true),
            await _client.LoginAsync("""{"userId":"ann"}"""));
    }

    [Fact]
    public async Task The_default_client_stays_signed_in_and_another_one_is_somebody_else()
    {
        await _client.LoginAsync("""{"userId":"ann"}""");

        Assert.Equal(Ann, await _client.MeAsync());
        Assert.Equal(Nobody, await new QuickStartClient(factory.CreateClient()).MeAsync());
    }

    [Theory]
    [InlineData("""{"userId":""}""")]
    [InlineData("""{"userId":null}""")]
    [InlineData("{}")]
    public async Task Signing_in_as_nobody_is_a_bad_request_and_changes_nothing(string json)
    {
        await _client.LoginAsync("""{"userId":"ann"}""");

        var answer = await _client.LoginAsync(json);

        answer.AssertIsProblem(400);
        Assert.False(answer.SetsCookie);
        Assert.Equal(Ann, await _client.MeAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"userId":7}""")]
    public async Task A_sign_in_that_can_not_be_read_is_a_bad_request(string json)
    {
        (await _client.LoginAsync(json)).AssertIsProblem(400);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_sign_in_that_a_form_on_another_site_could_send_is_refused(string contentType)
    {
        var answer = await _client.LoginAsync("""{"userId":"ann"}""", contentType);

        Assert.Equal(415, answer.Status);
        Assert.Equal(Nobody, await _client.MeAsync());
    }

    [Fact]
    public async Task Signing_out_keeps_the_values()
    {
        await _client.LoginAsync("""{"userId":"ann"}""");
        await _client.PutAsync("theme", "\"dark\"");

        Assert.Equal(204, (await _client.LogoutAsync()).Status);

        Assert.Equal(Nobody, await _client.MeAsync());
        Assert.Equal("\"dark\"", (await _client.GetAsync("theme")).Body);
    }

    [Fact]
    public async Task Signing_out_without_being_signed_in_is_fine()
    {
        Assert.Equal(new QuickStartAnswer(204, null, "", SetsCookie: false), await _client.LogoutAsync());
    }

    [Fact]
    public async Task Destroying_the_session_leaves_nothing()
    {
        await _client.LoginAsync("""{"userId":"ann"}""");
        await _client.PutAsync("theme", "\"dark\"");

        Assert.Equal(204, (await _client.DestroyAsync()).Status);

        Assert.Equal(Nobody, await _client.MeAsync());
        Assert.Equal("[]", await _client.KeysAsync());
    }

    [Fact]
    public async Task The_session_is_described_once_there_is_one()
    {
        var before = await _client.ReadAsync("/account/session");
        await _client.LoginAsync("""{"userId":"ann"}""");
        var after = await _client.ReadAsync("/account/session");

        Assert.Contains("\"createdAt\":null,\"authenticatedAt\":null,\"lastSeenAt\":null,\"expiresAt\":null", before, StringComparison.Ordinal);
        Assert.DoesNotMatch("\"(createdAt|authenticatedAt|lastSeenAt|expiresAt)\":null", after);
    }

    [Fact]
    public async Task The_page_is_served_without_a_session()
    {
        var page = await _client.SendAsync(HttpMethod.Get, "/");

        Assert.Equal((200, "text/html", false), (page.Status, page.ContentType, page.SetsCookie));
    }

    [Fact]
    public async Task The_page_has_no_inline_script()
    {
        var html = await _client.ReadAsync("/");

        Assert.Matches("(?i)<script[^>]*\\ssrc=", html);
        Assert.DoesNotMatch("(?i)<script(?![^>]*\\ssrc=)", html);
        Assert.DoesNotMatch("(?i)<script[^>]*>\\s*[^<\\s]", html);
        Assert.DoesNotMatch("(?i)<[^>]*\\son[a-z]+\\s*=", html);
        Assert.DoesNotMatch("(?i)=\\s*[\"']?\\s*javascript:", html);
    }
}
