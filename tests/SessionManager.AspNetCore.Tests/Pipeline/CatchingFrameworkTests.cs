using System.Net;
using GraphQL;
using GraphQL.Types;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Frameworks that turn what a handler throws into an answer before <c>UseSessionManager</c> sees it. gRPC has a project of its own.</summary>
public sealed class CatchingFrameworkTests
{
    [Theory]
    [InlineData("filtered")]
    [InlineData("handled")]
    public async Task An_MVC_exception_filter_that_discards_saves_nothing_and_one_that_does_not_saves(string action)
    {
        await using var app = await App.StartAsync(
            app =>
            {
                FaultEndpoints.Map(app);
                app.MapControllers();
            },
            new AppOptions { Services = services => services.AddControllers().AddApplicationPart(typeof(ThrowingController).Assembly) });
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal(HttpStatusCode.BadRequest, await FaultEndpoints.StatusAsync(browser, $"/throwing/{action}"));

        Assert.Equal(action == "filtered" ? "alice:before" : "alice:after", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_endpoint_filter_that_discards_saves_nothing_and_one_that_does_not_saves(bool discards)
    {
        await using var app = await App.StartAsync(app =>
        {
            FaultEndpoints.Map(app);
            var endpoint = app.MapPost("/throwing", void (ISessionManager session) =>
            {
                session.StoreValue("value", "after");
                throw new FormatException("no");
            });
            _ = discards ? endpoint.AddEndpointFilter<RouteHandlerBuilder, DiscardingEndpointFilter>() : endpoint.AddEndpointFilter(HandleAsync);
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal(HttpStatusCode.BadRequest, await FaultEndpoints.StatusAsync(browser, "/throwing"));

        Assert.Equal(discards ? "alice:before" : "alice:after", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_exception_page_behind_UseSessionManager_that_discards_saves_nothing_and_one_that_does_not_saves(bool discards)
    {
        await using var app = await App.StartAsync(app =>
        {
            app.UseExceptionHandler(page => page.Run(context =>
            {
                if (discards)
                {
                    context.RequestServices.GetRequiredService<ISessionManager>().DiscardChanges();
                }

                return context.Response.WriteAsync("sorry");
            }));
            app.UseRouting();
            FaultEndpoints.Map(app);
            app.MapPost("/throwing", void (ISessionManager session) =>
            {
                session.StoreValue("value", "after");
                throw new FormatException("no");
            });
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal(HttpStatusCode.InternalServerError, await FaultEndpoints.StatusAsync(browser, "/throwing"));

        Assert.Equal(discards ? "alice:before" : "alice:after", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_GraphQL_operation_with_errors_that_discards_saves_nothing_and_one_that_does_not_saves(bool discards)
    {
        await using var app = await App.StartAsync(app =>
        {
            FaultEndpoints.Map(app);
            app.MapPost("/graphql", async (ISessionManager session, HttpContext context) =>
            {
                var mutation = new ObjectGraphType { Name = "Mutation" };
                mutation.Field<StringGraphType>("fail").Resolve(_ =>
                {
                    session.StoreValue("value", "after");
                    throw new FormatException("no");
                });
                var query = new ObjectGraphType { Name = "Query" };
                query.Field<StringGraphType>("nothing").Resolve(_ => "");
                using var schema = new Schema { Query = query, Mutation = mutation };
                var result = await new DocumentExecuter().ExecuteAsync(options =>
                {
                    options.Schema = schema;
                    options.Query = "mutation { fail }";
                });
                if (discards && result.Errors is { Count: > 0 })
                {
                    session.DiscardChanges();
                }

                return Results.Json(new { errors = result.Errors!.Count });
            });
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/graphql"));

        Assert.Equal(discards ? "alice:before" : "alice:after", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("front", "attribute", HttpStatusCode.GatewayTimeout)]
    [InlineData("front", "policy", HttpStatusCode.TooManyRequests)]
    [InlineData("behind", "attribute", HttpStatusCode.GatewayTimeout)]
    [InlineData("behind", "policy", HttpStatusCode.TooManyRequests)]
    [InlineData("behind", "named", HttpStatusCode.ServiceUnavailable)]
    [InlineData("behind", "default", HttpStatusCode.BadGateway)]
    [InlineData("behind", "written", HttpStatusCode.GatewayTimeout)]
    public async Task A_request_that_times_out_saves_nothing_but_endings(string place, string setting, HttpStatusCode status)
    {
        await using var app = await StartWithTimeoutsAsync(place);
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal(status, await FaultEndpoints.StatusAsync(browser, $"/{setting}/store"));
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));

        Assert.Equal(status, await FaultEndpoints.StatusAsync(browser, $"/{setting}/sign-out"));
        Assert.Equal(":before", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task One_that_succeeds_though_its_time_is_up_is_saved()
    {
        await using var app = await StartWithTimeoutsAsync("behind");
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/attribute/late"));

        Assert.Equal("alice:after", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task Nor_is_an_answer_of_the_same_status_a_timeout_while_there_is_time()
    {
        await using var app = await StartWithTimeoutsAsync("behind");
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal(HttpStatusCode.GatewayTimeout, await FaultEndpoints.StatusAsync(browser, "/attribute/same"));

        Assert.Equal("alice:after", await browser.ReadAsync("/state"));
    }

    [Fact]
    public void The_examples_of_the_document_are_what_the_tests_run()
    {
        var sources = Repository.SourceFiles("tests").Select(File.ReadAllText).ToList();
        var examples = Repository.Read("docs", "frameworks.md").Split("```csharp\n")[1..].Select(text => text.Split("```")[0])
            .Select(text => text[text.IndexOf("internal sealed class", StringComparison.Ordinal)..])
            .ToList();

        Assert.Equal(3, examples.Count);
        Assert.All(examples, example => Assert.Contains(sources, source => source.Contains(example, StringComparison.Ordinal)));
    }

    private static async ValueTask<object?> HandleAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (FormatException)
        {
            return Results.BadRequest();
        }
    }

    private static Task<App> StartWithTimeoutsAsync(string place)
    {
        var time = TimeSpan.FromMilliseconds(50);
        return App.StartAsync(
            app =>
            {
                if (place == "behind")
                {
                    app.UseRequestTimeouts();
                }

                FaultEndpoints.Map(app);
                app.MapPost("/attribute/{change}", WaitAsync).WithRequestTimeout(time);
                app.MapPost("/policy/{change}", WaitAsync)
                    .WithRequestTimeout(new RequestTimeoutPolicy { Timeout = time, TimeoutStatusCode = StatusCodes.Status429TooManyRequests });
                app.MapPost("/named/{change}", WaitAsync).WithRequestTimeout("named");
                app.MapPost("/default/{change}", WaitAsync);
                app.MapPost("/written/{change}", WaitAsync).WithRequestTimeout(new RequestTimeoutPolicy
                {
                    Timeout = time,
                    WriteTimeoutResponse = context => context.Response.WriteAsync("too late"),
                });
            },
            new AppOptions
            {
                Before = app =>
                {
                    if (place == "front")
                    {
                        app.UseRequestTimeouts();
                    }
                },
                Services = services => services.AddRequestTimeouts(options =>
                {
                    options.DefaultPolicy = new RequestTimeoutPolicy { Timeout = time, TimeoutStatusCode = StatusCodes.Status502BadGateway };
                    options.AddPolicy("named", new RequestTimeoutPolicy { Timeout = time, TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable });
                }),
            });
    }

    private static async Task<IResult> WaitAsync(string change, ISessionManager session, HttpContext context)
    {
        session.StoreValue("value", "after");
        if (change == "sign-out")
        {
            session.ClearSession();
        }

        if (change == "same")
        {
            return Results.StatusCode(StatusCodes.Status504GatewayTimeout);
        }

        var passed = new TaskCompletionSource();
        using var registration = context.RequestAborted.Register(passed.SetResult);
        await passed.Task;
        if (change != "late")
        {
            context.RequestAborted.ThrowIfCancellationRequested();
        }

        return Results.Ok();
    }
}
