using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>The store comes first, then the first byte: for every way a response can start, whatever stands around the session.</summary>
public sealed class CommitBeforeResponseTests
{
    public static MatrixTheoryData<Surroundings, ServerKind> Everywhere { get; } =
        new(Enum.GetValues<Surroundings>(), Enum.GetValues<ServerKind>());

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Not_one_byte_leaves_before_the_store_has_acknowledged_and_the_next_request_sees_the_write(Surroundings surroundings, ServerKind server)
    {
        await using var app = await ShapeApp.StartAsync(surroundings, server);
        await ForEachShapeAsync(app, async shape =>
        {
            var browser = app.NewBrowser();
            foreach (var value in (string[])["on-a-new-session", "on-an-existing-one"])
            {
                var (started, sent) = (app.Started, app.BytesSent);
                var gate = app.Cache.Hold(CacheOperation.Set, after: true);

                var responding = app.RespondAsync(browser, shape, value);
                await Task.WhenAny(gate.Reached, responding);
                Assert.True(gate.IsReached, "The response came without a save.");
                var (startedEarly, sentEarly, answeredEarly) = (app.Started - started, app.BytesSent - sent, responding.IsCompleted);
                gate.Open();

                using var response = await responding;
                Assert.Equal((0, 0, false), (startedEarly, sentEarly, answeredEarly));
                Assert.Equal(shape.Success, response.StatusCode);
                Assert.Equal(started + 1, app.Started);
                Assert.Equal(value, await app.ReadAsync(browser));
                await Answer.BodyAsync(response);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_new_session_that_was_not_saved_is_answered_with_503_and_no_cookie(Surroundings surroundings, ServerKind server)
    {
        await using var app = await ShapeApp.StartAsync(surroundings, server);
        await ForEachShapeAsync(app, async shape =>
        {
            if (CanOnlyBe500(shape, surroundings))
            {
                return;
            }

            var browser = app.NewBrowser();
            app.Cache.Plan(CacheOperation.Set, CacheFault.Fail, times: int.MaxValue);

            await AssertUnavailableAsync(app, browser, shape);

            app.Cache.Heal();
            Assert.Empty(app.Cache.Entries);
        });
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task An_existing_session_that_was_not_saved_is_answered_with_503_and_stays_as_it_was(Surroundings surroundings, ServerKind server)
    {
        await using var app = await ShapeApp.StartAsync(surroundings, server);
        await ForEachShapeAsync(app, async shape =>
        {
            if (CanOnlyBe500(shape, surroundings))
            {
                return;
            }

            var browser = await app.NewBrowserWithAsync("before");
            var token = browser.Token;
            app.Cache.Plan(CacheOperation.Set, CacheFault.Fail, times: int.MaxValue);

            await AssertUnavailableAsync(app, browser, shape);

            app.Cache.Heal();
            Assert.Equal(token, browser.Token);
            Assert.Equal("before", await app.ReadAsync(browser));
        });
    }

    [Theory]
    [InlineData(Surroundings.CompressionInside, ResponseShapes.NeverFlushed)]
    [InlineData(Surroundings.DeveloperPageInside, ResponseShapes.SwappedBefore)]
    [InlineData(Surroundings.ExceptionHandlerInside, ResponseShapes.SwappedBefore)]
    [InlineData(Surroundings.Nothing, ResponseShapes.Synchronous)]
    public async Task Where_bytes_pass_by_the_gate_the_net_beneath_it_answers_with_a_bare_500_and_no_cookie(Surroundings surroundings, string name)
    {
        foreach (var server in (ServerKind[])[ServerKind.Http1, ServerKind.Http2])
        {
            await using var app = await ShapeApp.StartAsync(surroundings, server);
            var shape = ResponseShapes.Find(name);
            var existing = await app.NewBrowserWithAsync("before");
            app.Cache.Plan(CacheOperation.Set, CacheFault.Fail, times: int.MaxValue);

            foreach (var browser in (Browser[])[existing, app.NewBrowser()])
            {
                using var response = await app.RespondAsync(browser, shape, "after");
                Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
                Assert.Empty(browser.LastSetCookies);
                Assert.DoesNotContain(ResponseShape.Marker, await Answer.BodyAsync(response), StringComparison.Ordinal);
            }

            app.Cache.Heal();
            Assert.Equal("before", await app.ReadAsync(existing));
        }
    }

    [Theory]
    [InlineData(Surroundings.CompressionOutside)]
    [InlineData(Surroundings.CompressionInside)]
    public async Task The_compression_of_this_suite_does_compress(Surroundings surroundings)
    {
        await using var app = await ShapeApp.StartAsync(surroundings, ServerKind.Http1);

        using var response = await app.RespondAsync(app.NewBrowser(), ResponseShapes.Find("text-result"), "any");

        Assert.Contains("gzip", response.Content.Headers.ContentEncoding);
    }

    // An inner compression, or an inner middleware that puts the old body back and then an exception page, writes past the gate.
    private static bool CanOnlyBe500(ResponseShape shape, Surroundings surroundings) => surroundings switch
    {
        Surroundings.CompressionInside => shape.Name == ResponseShapes.NeverFlushed,
        Surroundings.DeveloperPageInside or Surroundings.ExceptionHandlerInside => shape.Name == ResponseShapes.SwappedBefore,
        _ => false,
    };

    private static async Task AssertUnavailableAsync(ShapeApp app, Browser browser, ResponseShape shape)
    {
        using var response = await app.RespondAsync(browser, shape, "after");
        await Answer.AssertUnavailableAsync(response, browser);
    }

    private static async Task ForEachShapeAsync(ShapeApp app, Func<ResponseShape, Task> test)
    {
        var failures = new List<string>();
        foreach (var shape in ResponseShapes.All)
        {
            try
            {
                await test(shape);
            }
            catch (Exception exception)
            {
                failures.Add($"{shape}: {exception.GetType().Name} {exception.Message}");
            }
            finally
            {
                app.Cache.Heal();
                app.Cache.Entries.Clear();
            }
        }

        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }
}
