using System.Text.Json;
using CsCheck;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>Random use of the sample from four browsers, each answer compared with that of a plain dictionary.</summary>
public sealed class QuickStartModelTests
{
    private const int Browsers = 4;

    private static readonly Gen<int> AnyBrowser = Gen.Int[0, Browsers - 1];
    private static readonly Gen<string?> AnyUser = Gen.OneOf<string?>("ann", "bob", "Ann", "", null);
    private static readonly Gen<string> AnyKey = Gen.OneOf<string>("theme", "Theme", "user_id", "a:* b", "ключ \U0001F36A");
    private static readonly Gen<string> AnyJson = Gen.OneOf<string>("\"dark\"", "3", "null", "true", "[1,[]]", """{"a":{"b":null}}""");

    private static readonly Gen<Operation> AnyOperation = Gen.Frequency(
        (3, AnyUser.Select(user => new Operation("login", "", JsonSerializer.Serialize(new { userId = user })))),
        (2, Gen.Const(new Operation("logout"))),
        (1, Gen.Const(new Operation("destroy"))),
        (6, Gen.Select(AnyKey, AnyJson, (key, json) => new Operation("store", key, json))),
        (4, AnyKey.Select(key => new Operation("get", key))),
        (2, AnyKey.Select(key => new Operation("get or default", key, "light"))),
        (3, AnyKey.Select(key => new Operation("remove", key))),
        (2, Gen.Const(new Operation("keys"))),
        (2, Gen.Const(new Operation("me"))));

    [Fact]
    public async Task The_sample_answers_as_a_dictionary_for_each_browser_would()
    {
        await using var factory = new WebApplicationFactory<Program>();
        await using var quiet = factory.WithWebHostBuilder(host => host.ConfigureLogging(logging => logging.ClearProviders()));
        await Gen.Select(AnyBrowser, AnyOperation).Array[1, 60].SampleAsync(
            async steps =>
            {
                var clients = Enumerable.Range(0, Browsers).Select(_ => new QuickStartClient(quiet.CreateClient())).ToArray();
                var models = Enumerable.Range(0, Browsers).Select(_ => new Model()).ToArray();
                foreach (var (browser, operation) in steps)
                {
                    Assert.Equal(models[browser].Answer(operation), await AskAsync(clients[browser], operation));
                }
            },
            iter: 100,
            threads: 1,
            print: steps => string.Join(Environment.NewLine, steps));
    }

    private static async Task<(int Status, string Body)> AskAsync(QuickStartClient client, Operation operation)
    {
        var answer = operation.Name switch
        {
            "login" => await client.LoginAsync(operation.Argument),
            "logout" => await client.LogoutAsync(),
            "destroy" => await client.DestroyAsync(),
            "store" => await client.PutAsync(operation.Key, operation.Argument),
            "get" => await client.GetAsync(operation.Key),
            "get or default" => await client.GetAsync(operation.Key, operation.Argument),
            "remove" => await client.RemoveAsync(operation.Key),
            "keys" => await client.SendAsync(HttpMethod.Get, "/values"),
            _ => await client.SendAsync(HttpMethod.Get, "/account/me"),
        };
        return (answer.Status, answer.Body.Length == 0 || answer.Status >= 400 ? "" : Plain(answer.Body));
    }

    // The two may differ in which characters they escape.
    private static string Plain(string json) => JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(json));

    private sealed record Operation(string Name, string Key = "", string Argument = "");

    /// <summary>What one browser should see.</summary>
    private sealed class Model
    {
        private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
        private string? _user;
        private string? _owner;

        public (int Status, string Body) Answer(Operation operation) => operation.Name switch
        {
            "login" => Login(JsonDocument.Parse(operation.Argument).RootElement.GetProperty("userId").GetString()),
            "logout" => Do(() => _user = null),
            "destroy" => Do(Destroy),
            "store" => Do(() => _values[operation.Key] = operation.Argument),
            "get" => _values.TryGetValue(operation.Key, out var value) ? (200, value) : (404, ""),
            "get or default" => (200, _values.GetValueOrDefault(operation.Key, JsonSerializer.Serialize(operation.Argument))),
            "remove" => (200, _values.Remove(operation.Key) ? """{"removed":true}""" : """{"removed":false}"""),
            "keys" => (200, JsonSerializer.Serialize(_values.Keys.Order(StringComparer.Ordinal))),
            _ => Me(),
        };

        private static (int Status, string Body) Do(Action change)
        {
            change();
            return (204, "");
        }

        private (int Status, string Body) Login(string? user)
        {
            if (string.IsNullOrEmpty(user))
            {
                return (400, "");
            }

            if (_owner is not null && !string.Equals(_owner, user, StringComparison.Ordinal))
            {
                _values.Clear();
            }

            (_user, _owner) = (user, user);
            return Me();
        }

        private (int Status, string Body) Me() => (200, JsonSerializer.Serialize(new { authenticated = _user is not null, userId = _user }));

        private void Destroy()
        {
            _values.Clear();
            (_user, _owner) = (null, null);
        }
    }
}
