using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.TempData;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>TempData in the session, one value an entry: what it keeps, what it takes, and what it leaves alone.</summary>
public sealed class TempDataTests : IAsyncLifetime
{
    private TempDataApp _app = null!;
    private Browser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await TempDataApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Every_type_that_the_serializer_takes_comes_back_as_it_was()
    {
        var (id, when) = (Guid.NewGuid(), new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        await _app.RunAsync(_browser, tempData =>
        {
            (tempData["string"], tempData["int"], tempData["bool"], tempData["guid"], tempData["date"]) = ("Grüße 😀", 42, true, id, when);
            (tempData["enum"], tempData["null"], tempData["strings"]) = (DayOfWeek.Friday, null, (string[])["a", "b"]);
            tempData["ints"] = (int[])[1, 2];
            tempData["map"] = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" };
        });

        await _app.RunAsync(_browser, tempData =>
        {
            Assert.Equal(("Grüße 😀", 42, true), (tempData["string"], tempData["int"], tempData["bool"]));
            Assert.Equal((id, when), ((Guid)tempData["guid"]!, ((DateTime)tempData["date"]!).ToUniversalTime()));
            Assert.Equal((int)DayOfWeek.Friday, tempData["enum"]);
            Assert.True(tempData.ContainsKey("null"));
            Assert.Null(tempData["null"]);
            Assert.Equal(["a", "b"], Assert.IsType<string[]>(tempData["strings"]));
            Assert.Equal([1, 2], Assert.IsType<int[]>(tempData["ints"]));
            Assert.Equal("v", Assert.IsType<Dictionary<string, string>>(tempData["map"], exactMatch: false)["k"]);
        });
        Assert.Empty(await _app.PeekAsync(_browser));
    }

    [Fact]
    public async Task A_type_that_the_serializer_does_not_take_is_an_error_and_nothing_is_kept()
    {
        var failure = await _app.FailAsync(_browser, tempData =>
        {
            tempData["a"] = "kept with the rest or not at all";
            tempData["b"] = new object();
        });

        Assert.Contains("System.Object", failure, StringComparison.Ordinal);

        Assert.Empty(await _app.PeekAsync(_browser));
    }

    [Fact]
    public async Task What_was_read_is_gone_and_what_was_peeked_at_or_kept_stays()
    {
        await _app.RunAsync(_browser, tempData => (tempData["a"], tempData["b"], tempData["c"]) = (1, 2, 3));

        await _app.RunAsync(_browser, tempData =>
        {
            Assert.Equal((1, 2, 3), (tempData["a"], tempData["b"], tempData.Peek("c")));
            tempData.Keep("b");
        });

        await _app.RunAsync(_browser, tempData => Assert.Equal(["b", "c"], tempData.Keys.Order(StringComparer.Ordinal)));
        await _app.RunAsync(_browser, tempData => Assert.Equal([2, 3], tempData.Select(pair => (int)pair.Value!).Order()));
        Assert.Empty(await _app.PeekAsync(_browser));
    }

    [Fact]
    public async Task A_redirect_keeps_what_was_read()
    {
        await _app.RunAsync(_browser, tempData => tempData["message"] = "saved", "redirecting");
        await _app.RunAsync(_browser, tempData => Assert.Equal("saved", tempData["message"]), "redirecting");
        await _app.RunAsync(_browser, tempData => Assert.Equal("saved", tempData["message"]), "change");

        Assert.Empty(await _app.PeekAsync(_browser));
    }

    [Fact]
    public async Task Two_spellings_of_a_key_are_one_entry()
    {
        await _app.RunAsync(_browser, tempData => tempData["Message"] = "first");
        await _app.RunAsync(_browser, tempData => tempData["MESSAGE"] = "second");
        var entry = Assert.Single(await _app.PeekAsync(_browser));
        Assert.Equal("second", entry.Value);

        await _app.RunAsync(_app.NewBrowser(), controller =>
        {
            _app.Services.GetRequiredService<ITempDataProvider>().SaveTempData(
                controller.HttpContext, new Dictionary<string, object>(StringComparer.Ordinal) { ["key"] = 1, ["KEY"] = 2 });
            Assert.Single(controller.HttpContext.Session.Keys);
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n\0 Grüße 😀")]
    [InlineData("__TempData:")]
    public async Task A_key_may_be_any_text_of_any_length(string key)
    {
        key += new string('k', 2_000);
        await _app.RunAsync(_browser, tempData => tempData[key] = "value");

        Assert.Equal("value", Assert.Single(await _app.PeekAsync(_browser)).Value);
    }

    [Fact]
    public async Task Two_requests_at_once_that_each_add_a_message_keep_both()
    {
        await _app.RunAsync(_browser, tempData => tempData["begun"] = "");
        var gate = new Gate();
        var held = await _app.HoldAsync(_browser.Clone(), gate, tempData => tempData["first"] = 1);
        await _app.RunAsync(_browser, tempData => tempData["second"] = 2);
        gate.Open();
        await held;

        Assert.Equal(["begun", "first", "second"], (await _app.PeekAsync(_browser)).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_message_that_one_request_took_is_not_brought_back_by_another_in_flight()
    {
        await _app.RunAsync(_browser, tempData => (tempData["message"], tempData["list"]) = ("saved", (string[])["a"]));
        var gate = new Gate();
        var held = await _app.HoldAsync(_browser.Clone(), gate, tempData => Assert.Equal("saved", tempData.Peek("message")), tempData => tempData["other"] = 1);
        await _app.RunAsync(_browser, tempData => Assert.Equal(2, tempData.Select(pair => pair.Key).Count()));
        gate.Open();
        await held;

        Assert.Equal("other", Assert.Single(await _app.PeekAsync(_browser)).Key);
    }

    [Fact]
    public async Task A_reader_of_an_old_message_does_not_take_the_new_one_under_the_same_key()
    {
        await _app.RunAsync(_browser, tempData => tempData["message"] = "old");
        var gate = new Gate();
        var held = await _app.HoldAsync(_browser.Clone(), gate, tempData => Assert.Equal("old", tempData["message"]));
        await _app.RunAsync(_browser, tempData => tempData["message"] = "new");
        gate.Open();
        await held;

        await _app.RunAsync(_browser, tempData => Assert.Equal("new", tempData["message"]));
        Assert.Empty(await _app.PeekAsync(_browser));
    }

    [Fact]
    public async Task The_same_message_stored_anew_survives_a_reader_of_the_first_one()
    {
        await _app.RunAsync(_browser, tempData => tempData["message"] = "saved");
        var gate = new Gate();
        var held = await _app.HoldAsync(_browser.Clone(), gate, tempData => tempData["message"] = string.Concat("sav", "ed"));
        await _app.RunAsync(_browser, tempData => Assert.Equal("saved", tempData["message"]));
        gate.Open();
        await held;

        Assert.Equal("saved", Assert.Single(await _app.PeekAsync(_browser)).Value);
    }

    [Fact]
    public async Task Of_two_requests_at_once_that_store_under_one_key_the_later_counts_and_nothing_is_left_behind()
    {
        await _app.RunAsync(_browser, tempData => tempData["begun"] = 1);
        var gate = new Gate();
        var held = await _app.HoldAsync(_browser.Clone(), gate, tempData => tempData["message"] = "later");
        await _app.RunAsync(_browser, tempData => tempData["message"] = "earlier");
        gate.Open();
        await held;

        await _app.RunAsync(_browser, tempData => Assert.Equal(("later", 1), (tempData["message"], tempData["begun"])));
        await _app.RunAsync(_browser, controller =>
        {
            Assert.Empty(controller.HttpContext.Session.Keys);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Thirty_requests_at_once_that_each_add_a_message_keep_all()
    {
        await _app.RunAsync(_browser, tempData => tempData["begun"] = "");
        var gates = Enumerable.Range(0, 30).Select(_ => new Gate()).ToList();
        var held = new List<Task>();
        foreach (var (i, gate) in gates.Index())
        {
            held.Add(await _app.HoldAsync(_browser.Clone(), gate, tempData => tempData[$"message {i}"] = i));
        }

        gates.ForEach(gate => gate.Open());
        await Task.WhenAll(held);

        Assert.Equal(31, (await _app.PeekAsync(_browser)).Count);
    }

    [Fact]
    public async Task A_list_that_was_changed_in_place_is_stored_and_one_that_was_not_is_left_alone()
    {
        await _app.RunAsync(_browser, tempData => (tempData["changed"], tempData["same"]) = ((string[])["a"], (string[])["a"]));
        var keys = await KeysAsync();

        await _app.RunAsync(_browser, tempData => ((string[])tempData.Peek("changed")!)[0] = "b");

        Assert.Single((await KeysAsync()).Intersect(keys, StringComparer.Ordinal));
        var found = await _app.PeekAsync(_browser);
        Assert.Equal(("b", "a"), (((string[])found["changed"]!)[0], ((string[])found["same"]!)[0]));
    }

    [Fact]
    public async Task Saving_twice_in_a_request_stores_each_entry_once()
    {
        await _app.RunAsync(_browser, tempData =>
        {
            tempData["early"] = 1;
            tempData["taken"] = 1;
            tempData.Save();
            Assert.Equal(1, tempData["taken"]);
            tempData["late"] = 2;
            tempData.Save();
        });

        Assert.Equal(["early", "late"], (await _app.PeekAsync(_browser)).Keys);
        Assert.Equal(2, (await KeysAsync()).Count);
    }

    [Fact]
    public async Task A_property_with_the_attribute_is_filled_once()
    {
        await _app.RunAsync(_browser, Set("saved"), "property");
        await _app.RunAsync(_browser, Expect("saved"), "property");
        await _app.RunAsync(_browser, Expect(null), "property");

        static Func<Controller, Task> Set(string value) => controller =>
        {
            ((TempDataPropertyController)controller).Status = value;
            return Task.CompletedTask;
        };

        static Func<Controller, Task> Expect(string? value) => controller =>
        {
            Assert.Equal(value, ((TempDataPropertyController)controller).Status);
            return Task.CompletedTask;
        };
    }

    [Fact]
    public async Task Reading_nothing_begins_no_session_and_writes_nothing()
    {
        var cache = new FaultCache();
        await using var app = await TempDataApp.StartAsync(cache: cache);

        await app.RunAsync(app.NewBrowser(), tempData => Assert.Null(tempData["message"]));
        await app.RunAsync(app.NewBrowser(), tempData => Assert.Null(tempData["message"]), "look");
        using var response = await app.SendAsync(app.NewBrowser(), _ => Task.CompletedTask, "without");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Equal(0, cache.Calls);
    }

    [Fact]
    public async Task An_endpoint_that_only_reads_shows_a_message_and_leaves_it_and_can_store_none()
    {
        await _app.RunAsync(_browser, tempData => tempData["message"] = "saved");

        await _app.RunAsync(_browser, tempData => Assert.Equal("saved", tempData["message"]), "look");

        Assert.Equal("saved", Assert.Single(await _app.PeekAsync(_browser)).Value);
        Assert.Contains("'ReadOnly'", await _app.FailAsync(_browser, tempData => tempData["message"] = "other", "look"), StringComparison.Ordinal);
        Assert.Equal("saved", Assert.Single(await _app.PeekAsync(_browser)).Value);
    }

    [Fact]
    public async Task An_entry_that_can_not_be_read_is_logged_and_costs_no_other_and_no_value_of_the_application()
    {
        var broken = SessionTempDataProvider.KeyPrefix + new string('0', 24);
        await _app.RunAsync(_browser, controller =>
        {
            controller.HttpContext.Session.SetString(broken, "no JSON");
            controller.HttpContext.Session.SetString(SessionTempDataProvider.KeyPrefix + "mine", "the application's");
            controller.TempData["message"] = "saved";
            return Task.CompletedTask;
        });

        await _app.RunAsync(_browser, tempData => Assert.Equal("saved", tempData["message"]));
        await _app.RunAsync(_browser, tempData => Assert.Empty(tempData));

        var entry = Assert.Single(_app.Logs.Ours, entry => entry.EventId == 60);
        Assert.DoesNotContain("no JSON", entry.Message, StringComparison.Ordinal);
        Assert.Equal([SessionTempDataProvider.KeyPrefix + "mine"], await KeysAsync());
    }

    [Fact]
    public async Task What_a_sign_out_clears_is_not_written_back()
    {
        await using var app = await TempDataApp.StartAsync(session: options => options.ClearSessionScope = ClearSessionScope.Everything);
        var browser = app.NewBrowser();
        await app.RunAsync(browser, controller =>
        {
            controller.HttpContext.RequestServices.GetRequiredService<ISessionManager>().SetUserId("ann");
            controller.TempData["secret"] = "of ann";
            return Task.CompletedTask;
        });

        await app.RunAsync(browser, controller =>
        {
            Assert.Equal("of ann", controller.TempData.Peek("secret"));
            controller.HttpContext.RequestServices.GetRequiredService<ISessionManager>().ClearSession();
            controller.TempData["message"] = "signed out";
            return Task.CompletedTask;
        });

        Assert.Equal("message", Assert.Single(await app.PeekAsync(browser)).Key);
    }

    [Fact]
    public async Task A_page_without_a_body_and_one_with_show_a_message_once_on_a_real_server()
    {
        await using var app = await App.StartAsync(
            app => app.MapControllers(),
            new AppOptions { Kestrel = true, Services = services => services.AddControllersWithViews() });
        var browser = app.NewBrowser();
        using var saved = await browser.PostAsync("/framework-session/save?message=hello");

        Assert.Equal(HttpStatusCode.Redirect, saved.StatusCode);
        Assert.Single(browser.LastSetCookies);
        Assert.Equal("hello", await browser.ReadAsync("/framework-session/peek"));
        Assert.Equal("hello", await browser.ReadAsync("/framework-session/keep"));
        Assert.Equal("hello 3 2026-01-02T03:04:05.0000000Z a+b", await browser.ReadAsync("/framework-session/show"));
        Assert.Equal("nothing", await browser.ReadAsync("/framework-session/show"));
    }

    [Fact]
    public async Task A_prefetch_leaves_a_message_where_it_is()
    {
        await using var app = await App.StartAsync(
            app => app.MapControllers(),
            new AppOptions { Services = services => services.AddControllersWithViews() });
        var browser = app.NewBrowser();
        using var saved = await browser.PostAsync("/framework-session/save?message=hello");
        using var prefetch = new HttpRequestMessage(HttpMethod.Get, "/framework-session/show");
        prefetch.Headers.Add("Sec-Purpose", "prefetch");

        using var prefetched = await browser.SendAsync(prefetch);

        Assert.StartsWith("hello", await prefetched.BodyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("hello", await browser.ReadAsync("/framework-session/show"), StringComparison.Ordinal);
        Assert.Equal("nothing", await browser.ReadAsync("/framework-session/show"));
    }

    [Fact]
    public async Task A_razor_page_shows_the_message_of_its_own_form_once()
    {
        await using var app = await App.StartAsync(app => app.MapRazorPages(), new AppOptions
        {
            Kestrel = true,
            Services = services => services.AddRazorPages().ConfigureApplicationPartManager(parts =>
                parts.ApplicationParts.Add(new CompiledRazorAssemblyPart(typeof(NoticePage).Assembly))),
        });
        var browser = app.NewBrowser();
        using var saved = await browser.PostAsync("/notice?message=saved");

        Assert.Equal((HttpStatusCode.Redirect, "/notice"), (saved.StatusCode, saved.Headers.Location!.OriginalString));
        Assert.Equal("saved", await browser.ReadAsync("/notice"));
        Assert.Equal("nothing", await browser.ReadAsync("/notice"));
    }

    private async Task<List<string>> KeysAsync()
    {
        List<string> keys = [];
        await _app.RunAsync(_browser, controller =>
        {
            keys.AddRange(controller.HttpContext.Session.Keys);
            return Task.CompletedTask;
        });
        return keys;
    }
}
