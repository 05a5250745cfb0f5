using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The class this library comes from, sentence by sentence of its interface; each step is a request of its own.</summary>
public sealed class SeedContractTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_session_manager_is_ready_for_use_in_the_first_request_of_a_browser()
    {
        Assert.Equal((false, null, 0), await _app.RunAsync(_browser, session => (session.IsAuthenticated, session.GetUserId(), session.Keys.Count)));
    }

    [Fact]
    public async Task Set_user_id_stores_the_current_user_id_in_the_session_for_authentication_tracking()
    {
        await SignInAsync("user123");

        Assert.Equal((true, "user123"), await _app.RunAsync(_browser, session => (session.IsAuthenticated, session.GetUserId())));
    }

    [Fact]
    public async Task The_user_id_can_be_a_string()
    {
        Assert.True(await SignInAsync("user123"));

        Assert.Equal("user123", await _app.RunAsync(_browser, session => session.GetUserId<string>()));
    }

    [Fact]
    public async Task The_user_id_can_be_an_int()
    {
        Assert.True(await SignInAsync(123));

        Assert.Equal(123, await _app.RunAsync(_browser, session => session.GetUserId<int>()));
    }

    [Fact]
    public async Task The_user_id_can_be_of_any_type_that_tells_users_apart()
    {
        var id = new TenantUser("acme", 7);
        Assert.True(await SignInAsync(id));

        Assert.Equal(id, await _app.RunAsync(_browser, session => session.GetUserId<TenantUser>()));
    }

    [Fact]
    public async Task The_user_id_must_be_truthy()
    {
        Assert.False(await SignInAsync<string?>(null));
        Assert.False(await SignInAsync(""));
        Assert.False(await SignInAsync(0));
        Assert.False(await SignInAsync(0.0));
        Assert.False(await SignInAsync(false));
    }

    [Fact]
    public async Task Set_user_id_returns_true_if_the_user_id_was_successfully_stored()
    {
        Assert.True(await SignInAsync("user123"));
    }

    [Fact]
    public async Task Set_user_id_returns_false_if_the_user_id_was_falsy_and_leaves_the_one_before()
    {
        await SignInAsync("user123");

        Assert.False(await SignInAsync(""));
        Assert.Equal("user123", await _app.RunAsync(_browser, session => session.GetUserId()));
    }

    [Fact]
    public async Task Get_user_id_retrieves_the_current_user_id_from_the_session()
    {
        await SignInAsync("first");
        await SignInAsync("second");

        Assert.Equal("second", await _app.RunAsync(_browser, session => session.GetUserId()));
    }

    [Fact]
    public async Task Get_user_id_returns_none_if_no_user_id_has_been_set()
    {
        await StoreAsync("theme", "dark");

        Assert.Null(await _app.RunAsync(_browser, session => session.GetUserId()));
    }

    [Fact]
    public async Task Clear_session_removes_the_user_id_from_the_session_effectively_logging_out_the_user()
    {
        await SignInAsync("user123");

        await _app.RunAsync(_browser, session => session.ClearSession());

        Assert.Equal((false, null), await _app.RunAsync(_browser, session => (session.IsAuthenticated, session.GetUserId())));
    }

    [Fact]
    public async Task Clear_session_removes_nothing_but_the_user_id()
    {
        await SignInAsync("user123");
        await StoreAsync("theme", "dark");

        await _app.RunAsync(_browser, session => session.ClearSession());

        Assert.Equal("dark", await ReadAsync("theme"));
    }

    [Fact]
    public async Task Sign_out_is_clear_session_by_another_name()
    {
        await SignInAsync("user123");
        await StoreAsync("theme", "dark");

        await _app.RunAsync(_browser, session => session.SignOut());

        Assert.Equal((null, "dark"), (await _app.RunAsync(_browser, session => session.GetUserId()), await ReadAsync("theme")));
    }

    [Fact]
    public async Task Clear_session_without_a_user_does_nothing()
    {
        await StoreAsync("theme", "dark");

        await _app.RunAsync(_browser, session => session.ClearSession());

        Assert.Equal("dark", await ReadAsync("theme"));
        Assert.False(await _app.RunAsync(_browser, session => session.IsAuthenticated));
    }

    [Fact]
    public async Task Is_authenticated_is_true_if_a_user_id_is_set_in_the_session()
    {
        await SignInAsync("user123");

        Assert.True(await _app.RunAsync(_browser, session => session.IsAuthenticated));
    }

    [Fact]
    public async Task Is_authenticated_is_false_if_no_user_id_is_set_in_the_session()
    {
        await StoreAsync("theme", "dark");

        Assert.False(await _app.RunAsync(_browser, session => session.IsAuthenticated));
    }

    [Fact]
    public async Task Store_value_stores_an_arbitrary_key_value_pair()
    {
        await StoreAsync("any key at all", "dark");

        Assert.Equal("dark", await ReadAsync("any key at all"));
    }

    [Fact]
    public async Task Store_value_replaces_what_the_key_held()
    {
        await StoreAsync("theme", "dark");
        await StoreAsync("theme", "light");

        Assert.Equal("light", await ReadAsync("theme"));
        Assert.Equal(["theme"], await _app.RunAsync(_browser, session => session.Keys));
    }

    [Fact]
    public async Task Store_value_takes_any_serializable_value()
    {
        await StoreAsync("preferences", new Dictionary<string, object> { ["lang"] = "en", ["notifications"] = true });

        var preferences = await _app.RunAsync(_browser, session => session.GetValue<Preferences>("preferences"));

        Assert.Equal(new Preferences("en", true), preferences);
    }

    [Fact]
    public async Task Store_value_always_returns_true()
    {
        Assert.True(await StoreAsync("theme", "dark"));
        Assert.True(await StoreAsync("theme", "dark"));
        Assert.True(await StoreAsync<string?>("theme", null));
    }

    [Fact]
    public async Task Get_value_retrieves_a_value_from_the_session_by_key()
    {
        await StoreAsync("theme", "dark");
        await StoreAsync("language", "en");

        Assert.Equal(("dark", "en"), (await ReadAsync("theme"), await ReadAsync("language")));
    }

    [Fact]
    public async Task Get_value_returns_the_default_if_the_key_does_not_exist()
    {
        Assert.Equal("light", await _app.RunAsync(_browser, session => session.GetValue("theme", "light")));
    }

    [Fact]
    public async Task The_default_of_get_value_defaults_to_none()
    {
        Assert.Null(await ReadAsync("theme"));
    }

    [Fact]
    public async Task Get_value_returns_the_stored_value_and_not_the_default_if_the_key_exists()
    {
        await StoreAsync("theme", "dark");
        await StoreAsync<string?>("nothing", null);

        Assert.Equal("dark", await _app.RunAsync(_browser, session => session.GetValue("theme", "light")));
        Assert.Null(await _app.RunAsync(_browser, session => session.GetValue<string?>("nothing", "light")));
    }

    [Fact]
    public async Task Remove_value_removes_a_specific_key_value_pair()
    {
        await StoreAsync("theme", "dark");
        await StoreAsync("language", "en");

        await RemoveAsync("theme");

        Assert.Equal((null, "en"), (await ReadAsync("theme"), await ReadAsync("language")));
    }

    [Fact]
    public async Task Remove_value_returns_true_if_the_key_existed_and_was_removed()
    {
        await StoreAsync<string?>("theme", null);

        Assert.True(await RemoveAsync("theme"));
    }

    [Fact]
    public async Task Remove_value_returns_false_if_the_key_was_not_found()
    {
        await StoreAsync("theme", "dark");
        await RemoveAsync("theme");

        Assert.False(await RemoveAsync("theme"));
        Assert.False(await RemoveAsync("Theme"));
    }

    private Task<bool> SignInAsync<T>(T userId) => _app.RunAsync(_browser, session => session.SetUserId(userId));

    private Task<bool> StoreAsync<T>(string key, T value) => _app.RunAsync(_browser, session => session.StoreValue(key, value));

    private Task<string?> ReadAsync(string key) => _app.RunAsync(_browser, session => session.GetValue<string>(key));

    private Task<bool> RemoveAsync(string key) => _app.RunAsync(_browser, session => session.RemoveValue(key));

    private sealed record TenantUser(string Tenant, int Number);

    private sealed record Preferences(
        [property: System.Text.Json.Serialization.JsonPropertyName("lang")] string Language,
        [property: System.Text.Json.Serialization.JsonPropertyName("notifications")] bool Notifies);
}
