using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The sample's values: any JSON under any key.</summary>
public sealed class QuickStartValueTests(WebApplicationFactory<Program> factory) : IClassFixture<WebApplicationFactory<Program>>
{
    private readonly QuickStartClient _client = new(factory.CreateClient());

    [Theory]
    [InlineData("\"dark\"")]
    [InlineData("\"\"")]
    [InlineData("3")]
    [InlineData("-0.5e-7")]
    [InlineData("1.00")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""["tea",1,null,true,[[]],{"a":{}}]""")]
    [InlineData("""{"lang":"en","notifications":true,"nested":{"list":[1,2.5,{"x":null}]}}""")]
    [InlineData("\"Grüße, 世界 \U0001F600 \\u0000 \\\" \\\\ <b>&amp;</b>\"")]
    [InlineData("""{"$type":"System.IO.FileInfo, System.Runtime","$id":"1","$ref":"1"}""")]
    [InlineData("""{"":"empty","ключ":"\u00e9"}""")]
    public async Task Any_json_reads_back_the_same(string json)
    {
        Assert.Equal(204, (await _client.PutAsync("value", json)).Status);

        var read = await _client.GetAsync("value");

        Assert.Equal((200, "application/json"), (read.Status, read.ContentType));
        AssertSameJson(json, read.Body);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    public async Task A_key_with_a_slash_is_found_again(string key)
    {
        await _client.PutAsync(key, "1");

        Assert.Equal((200, "1"), Short(await _client.GetAsync(key)));
        Assert.Equal((200, """{"removed":true}"""), Short(await _client.RemoveAsync(key)));
    }

    [Fact]
    public async Task The_keys_are_listed_in_ordinal_order()
    {
        Assert.Empty(await KeysAsync());
        foreach (var key in (string[])["b", "a", "B", "é"])
        {
            await _client.PutAsync(key, "1");
        }

        Assert.Equal(["B", "a", "b", "é"], await KeysAsync());
    }

    [Fact]
    public async Task An_absent_value_is_not_found()
    {
        var answer = await _client.GetAsync("theme");

        answer.AssertIsProblem(404);
        Assert.False(answer.SetsCookie);
    }

    [Theory]
    [InlineData("light", "\"light\"")]
    [InlineData("", "\"\"")]
    [InlineData("7", "\"7\"")]
    [InlineData("two words & more", "\"two words & more\"")]
    public async Task An_absent_value_answers_the_default_that_was_asked_for(string defaultValue, string expected)
    {
        var answer = await _client.GetAsync("theme", defaultValue);

        Assert.Equal((200, false), (answer.Status, answer.SetsCookie));
        AssertSameJson(expected, answer.Body);
        Assert.Empty(await KeysAsync());
    }

    [Theory]
    [InlineData("\"dark\"")]
    [InlineData("null")]
    public async Task A_stored_value_answers_itself_and_not_the_default(string json)
    {
        await _client.PutAsync("theme", json);

        Assert.Equal(new QuickStartAnswer(200, "application/json", json, SetsCookie: false), await _client.GetAsync("theme", "light"));
    }

    [Fact]
    public async Task Removing_says_whether_there_was_something_to_remove()
    {
        await _client.PutAsync("theme", "null");

        Assert.Equal((200, """{"removed":true}"""), Short(await _client.RemoveAsync("theme")));
        Assert.Equal((200, """{"removed":false}"""), Short(await _client.RemoveAsync("theme")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("dark")]
    [InlineData("'dark'")]
    [InlineData("1 2")]
    [InlineData("[1,]")]
    [InlineData("NaN")]
    public async Task Malformed_json_is_a_bad_request_and_stores_nothing(string json)
    {
        (await _client.PutAsync("theme", json)).AssertIsProblem(400);

        Assert.Empty(await KeysAsync());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/xml")]
    public async Task Anything_but_json_is_an_unsupported_media_type_and_stores_nothing(string contentType)
    {
        Assert.Equal(415, (await _client.PutAsync("theme", "\"dark\"", contentType)).Status);

        Assert.Empty(await KeysAsync());
    }

    [Fact]
    public async Task Json_with_duplicate_properties_is_no_server_error()
    {
        var stored = await _client.PutAsync("value", """{"name":"tea","name":"gold"}""");
        var read = await _client.GetAsync("value");

        Assert.DoesNotContain(500, new[] { stored.Status, read.Status });
    }

    [Fact]
    public async Task A_value_named_user_id_signs_nobody_in()
    {
        await _client.PutAsync("user_id", "\"admin\"");

        Assert.Equal("""{"authenticated":false,"userId":null}""", await _client.MeAsync());
    }

    private static void AssertSameJson(string expected, string actual)
    {
        using var expectedJson = JsonDocument.Parse(expected);
        using var actualJson = JsonDocument.Parse(actual);
        Assert.True(JsonElement.DeepEquals(expectedJson.RootElement, actualJson.RootElement), $"Expected {expected}, got {actual}.");
    }

    private static (int Status, string Body) Short(QuickStartAnswer answer) => (answer.Status, answer.Body);

    private async Task<string[]> KeysAsync() => JsonSerializer.Deserialize<string[]>(await _client.KeysAsync())!;
}
