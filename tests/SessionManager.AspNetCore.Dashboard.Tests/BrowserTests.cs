using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>The dashboard as an operator has it before them: in chromium, with and without its script, by mouse and by keyboard.</summary>
public sealed class BrowserTests(Chromium chromium)
{
    [Fact]
    public async Task Two_people_appear_and_the_one_who_is_ended_is_told_at_the_next_click()
    {
        await using var app = await DashboardApp.StartAsync();
        await using var admin = await OpenAsync(app, "admin");
        await using var ann = await OpenAsync(app, "ann");
        await using var bob = await OpenAsync(app, "bob");

        await admin.Page.GotoAsync("/sessions");
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Link, new() { Name = "ann" })).ToBeVisibleAsync();
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Link, new() { Name = "bob" })).ToBeVisibleAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "End the session of ann" }).ClickAsync();

        await Assertions.Expect(admin.Page.GetByText("was ended.")).ToBeVisibleAsync();
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Link, new() { Name = "ann" })).ToHaveCountAsync(0);
        Assert.Equal("nobody Revoked", await ann.TextAsync("/me"));
        Assert.Equal("bob", await bob.TextAsync("/me"));
        Assert.Empty(admin.Complaints);
    }

    [Fact]
    public async Task A_search_leads_to_a_user_and_a_button_ends_all_they_have()
    {
        await using var app = await DashboardApp.StartAsync();
        await using var admin = await OpenAsync(app, "admin");
        await using var first = await OpenAsync(app, "ann");
        await using var second = await OpenAsync(app, "ann");

        await admin.Page.GotoAsync("/sessions");
        await admin.Page.GetByLabel("User id").FillAsync("ann");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Find" }).ClickAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "End all sessions of ann" }).ClickAsync();

        await Assertions.Expect(admin.Page.GetByText("2 sessions were ended.")).ToBeVisibleAsync();
        await Assertions.Expect(admin.Page.GetByText("No session of ann")).ToBeVisibleAsync();
        Assert.Equal("nobody Revoked", await first.TextAsync("/me"));
        Assert.Equal("nobody Revoked", await second.TextAsync("/me"));
        Assert.Empty(admin.Complaints);
    }

    [Fact]
    public async Task Markup_in_ids_and_user_agents_does_nothing_and_the_console_is_silent()
    {
        await using var app = await DashboardApp.StartAsync();
        string[] texts = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "</bdi></a><b id=broken>", "\u202Enimda", "a\0b", new string('<', 10_240)];
        foreach (var text in texts)
        {
            await app.AddSessionsAsync([text], new SessionClient(text.Length > 256 ? text[..256] : text, "192.0.2.7"));
        }

        await using var admin = await OpenAsync(app, "admin");
        await admin.Page.GotoAsync("/sessions");
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Link, new() { Name = "<script>alert(1)</script>" })).ToBeVisibleAsync();
        var links = await admin.Page.Locator(".sessions tbody a").EvaluateAllAsync<string[]>("links => links.map(link => link.href)");
        Assert.Equal(texts.Length + 1, links.Length);
        foreach (var link in links)
        {
            await admin.Page.GotoAsync(link);
            Assert.Equal(0, await admin.Page.Locator("#broken, img, svg[onload], main script").CountAsync());
        }

        Assert.Empty(admin.Complaints);
    }

    [Theory]
    [InlineData(320)]
    [InlineData(390)]
    [InlineData(768)]
    public async Task On_a_narrow_screen_nothing_is_wider_than_the_screen_and_every_button_can_be_hit(int width)
    {
        await using var app = await DashboardApp.StartAsync();
        var ids = await app.AddSessionsAsync(
            ["ann", null, new string('x', 10_000), "<b>", "\u202Enimda"], new SessionClient(new string('w', 256), "2001:db8:85a3:8d3:1319:8a2e:370:7348"));
        await using var admin = await OpenAsync(app, "admin", new() { ViewportSize = new() { Width = width, Height = 700 } });

        foreach (var path in (string[])["/sessions", "/sessions?user=ann", "/sessions?user=nobody", $"/sessions/{ids[2]}"])
        {
            await admin.Page.GotoAsync(path);
            var overflow = await admin.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(overflow <= 0, $"{path} is {overflow} px too wide.");
            var heights = await admin.Page.Locator("main button").EvaluateAllAsync<double[]>("buttons => buttons.map(button => button.getBoundingClientRect().height)");
            Assert.All(heights, height => Assert.True(height >= 24, $"{path} has a button {height} px high."));
        }

        Assert.Empty(admin.Complaints);
    }

    [Fact]
    public async Task Without_its_script_the_page_is_complete()
    {
        await using var app = await DashboardApp.StartAsync();
        await using var ann = await OpenAsync(app, "ann");
        await using var admin = await OpenAsync(app, "admin", new() { JavaScriptEnabled = false });

        await admin.Page.GotoAsync("/sessions");
        await Assertions.Expect(admin.Page.GetByText("Live now")).ToBeVisibleAsync();
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Img, new() { Name = "Living sessions over the last hour" })).ToBeVisibleAsync();
        await admin.Page.GetByRole(AriaRole.Link, new() { Name = "ann" }).ClickAsync();
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "End this session" }).ClickAsync();

        await Assertions.Expect(admin.Page.GetByText("was ended.")).ToBeVisibleAsync();
        Assert.Equal("nobody Revoked", await ann.TextAsync("/me"));
    }

    [Fact]
    public async Task With_its_script_the_counters_follow_and_what_is_open_stays_open()
    {
        await using var app = await DashboardApp.StartAsync();
        await using var admin = await OpenAsync(app, "admin");
        await admin.Page.Clock.InstallAsync();
        await admin.Page.GotoAsync("/sessions");
        await Assertions.Expect(admin.Page.Locator(".count").First).ToHaveTextAsync("1");
        await admin.Page.GetByText("The same as a table").ClickAsync();

        using var ann = await app.BrowseAsync("ann");
        await admin.Page.Clock.RunForAsync(6_000);

        await Assertions.Expect(admin.Page.Locator(".count").First).ToHaveTextAsync("2");
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Cell, new() { Name = "2" }).First).ToBeVisibleAsync();
        await Assertions.Expect(admin.Page.Locator("summary")).ToBeFocusedAsync();
        Assert.Empty(admin.Complaints);
    }

    [Fact]
    public async Task It_is_operated_by_keyboard_alone()
    {
        await using var app = await DashboardApp.StartAsync();
        await using var ann = await OpenAsync(app, "ann");
        await using var admin = await OpenAsync(app, "admin");
        await admin.Page.GotoAsync("/sessions");

        await admin.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(admin.Page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await TabToAsync(admin.Page, "button[aria-label^='End the session of ann']");
        await admin.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(admin.Page.GetByText("was ended.")).ToBeVisibleAsync();
        Assert.Equal("nobody Revoked", await ann.TextAsync("/me"));
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Text_and_controls_have_the_contrast_of_WCAG_AA(ColorScheme scheme)
    {
        await using var app = await DashboardApp.StartAsync();
        await app.AddSessionsAsync(["ann", null, "a\0b"], new SessionClient("Phone/1.0", "192.0.2.7"));
        await using var admin = await OpenAsync(app, "admin", new() { ColorScheme = scheme });

        foreach (var path in (string[])["/sessions", "/sessions?user=nobody", "/sessions?all=2"])
        {
            await admin.Page.GotoAsync(path);
            var poor = await admin.Page.EvaluateAsync<string[]>(Contrast);
            Assert.Empty(poor);
        }
    }

    [Fact]
    public async Task Every_control_has_a_name_and_headings_do_not_skip_a_level()
    {
        await using var app = await DashboardApp.StartAsync();
        var id = Assert.Single(await app.AddSessionsAsync(["ann"]));
        await using var admin = await OpenAsync(app, "admin");

        foreach (var path in (string[])["/sessions", $"/sessions/{id}", "/sessions?user=nobody"])
        {
            await admin.Page.GotoAsync(path);
            Assert.Empty(await admin.Page.EvaluateAsync<string[]>(
                "[...document.querySelectorAll('button, a, input:not([type=hidden]), summary')].filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim())).map(e => e.outerHTML)"));
            var levels = await admin.Page.EvaluateAsync<int[]>("[...document.querySelectorAll('h1, h2, h3')].map(h => +h.localName[1])");
            Assert.Equal(1, levels[0]);
            Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1, string.Join(' ', levels.Select(level => level.ToString(CultureInfo.InvariantCulture)))));
            Assert.Equal(1, levels.Count(level => level == 1));
            Assert.Equal("en", await admin.Page.EvaluateAsync<string>("document.documentElement.lang"));
        }
    }

    [Fact]
    public async Task No_other_page_can_frame_it()
    {
        await using var app = await DashboardApp.StartAsync(app =>
        {
            app.MapSessionDashboard("/sessions");
            app.MapGet("/frame", () => Microsoft.AspNetCore.Http.Results.Content("<!doctype html><iframe src='/sessions'></iframe>", "text/html"));
        });
        await using var window = await OpenAsync(app);
        await window.Page.GotoAsync("/frame");
        Assert.Contains(window.Complaints, complaint => complaint.Contains("frame-ancestors", StringComparison.Ordinal) || complaint.Contains("X-Frame-Options", StringComparison.Ordinal) || complaint.Contains("/sessions", StringComparison.Ordinal));
        Assert.Equal(0, await window.Page.FrameLocator("iframe").Locator(".counters").CountAsync());
    }

    // Every piece of text against the first opaque background below it. Large text needs 3, all other 4.5.
    private const string Contrast = """
        () => {
          const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const rgba = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
          const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
          const ground = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
          const poor = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const e = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || !e.checkVisibility()) continue;
            const style = getComputedStyle(e);
            const [a, b] = [light(rgba(style.color)), light(ground(e))].sort((x, y) => y - x);
            const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
            if ((a + .05) / (b + .05) < (large ? 3 : 4.5)) poor.push(`${((a + .05) / (b + .05)).toFixed(2)} ${e.outerHTML.slice(0, 120)}`);
          }
          return poor;
        }
        """;

    private static async Task TabToAsync(IPage page, string selector)
    {
        for (var i = 0; i < 40; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>("selector => document.activeElement.matches(selector)", selector))
            {
                return;
            }
        }

        Assert.Fail($"The keyboard does not get to {selector}.");
    }

    private async Task<BrowserWindow> OpenAsync(DashboardApp app, string? user = null, BrowserNewContextOptions? options = null)
    {
        var window = await chromium.OpenAsync(app.Address, options);
        if (user is not null)
        {
            await window.SignInAsync(user);
        }

        return window;
    }
}
