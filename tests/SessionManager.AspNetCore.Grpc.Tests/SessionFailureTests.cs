using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Grpc.Tests;

/// <summary>The client of a call is told what became of the session: Unavailable where its store is down, Aborted where it has ended,
/// ResourceExhausted where the user has too many.</summary>
public sealed class SessionFailureTests
{
    public static TheoryData<Transport> Transports => [.. Enum.GetValues<Transport>()];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_store_that_is_down_at_the_load_is_Unavailable(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();
        app.Break(StoreOperation.Load);

        var reply = await client.CallAsync(call => call.Session.GetValue<string>("value"));

        AssertUnavailable(client, reply);
        Assert.Equal(StatusCode.OK, (await client.CallAsync(_ => { })).Status);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_store_that_is_down_when_the_message_is_written_is_Unavailable(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();
        app.Break(StoreOperation.Commit);

        var unary = await client.CallAsync(call => call.Session.StoreValue("value", "after"));
        AssertUnavailable(client, unary);

        var streaming = await client.CallAsync(CallShape.ServerStreaming, async call =>
        {
            call.Session.StoreValue("value", "after");
            await call.WriteAsync("one");
        });
        AssertUnavailable(client, streaming);

        var silent = await client.CallAsync(CallShape.ServerStreaming, call => call.Session.StoreValue("value", "after"));
        AssertUnavailable(client, silent);

        app.Store.Heal();
        Assert.Equal("alice:before", await client.StateAsync());
    }

    [Theory]
    [InlineData("commit")]
    [InlineData("update")]
    [InlineData("take")]
    [InlineData("reload")]
    [InlineData("find")]
    [InlineData("revoke")]
    [InlineData("revoke user")]
    public async Task Whatever_the_method_asked_of_it(string asked)
    {
        await using var app = await GrpcApp.StartAsync(Transport.TestServer);
        var client = await app.SignedInAsync();

        var reply = await client.CallAsync(async call =>
        {
            Array.ForEach(Enum.GetValues<StoreOperation>(), operation => app.Break(operation));
            var directory = call.Http.RequestServices.GetRequiredService<ISessionDirectory>();
            await (asked switch
            {
                "commit" => CommitAsync(call.Session),
                "update" => call.Session.UpdateValueAsync<int>("count", count => count + 1).AsTask(),
                "take" => call.Session.TakeValueAsync<string>("value").AsTask(),
                "reload" => call.Session.ReloadAsync(),
                "find" => directory.FindByUserAsync("alice"),
                "revoke" => directory.RevokeAsync(call.Session.SessionId),
                _ => directory.RevokeUserAsync("alice"),
            });
        });

        AssertUnavailable(client, reply);

        static Task CommitAsync(ISessionManager session)
        {
            session.StoreValue("value", "after");
            return session.CommitAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_session_that_ended_meanwhile_is_Aborted(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();

        var atTheMessage = await client.CallAsync(async call =>
        {
            call.Session.StoreValue("value", "after");
            await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
        });

        Assert.Equal(StatusCode.Aborted, atTheMessage.Status);
        Assert.StartsWith("The session ended while the request was running.", atTheMessage.Detail, StringComparison.Ordinal);

        client = await app.SignedInAsync();
        var within = await client.CallAsync(async call =>
        {
            await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
            await call.Session.UpdateValueAsync<int>("count", count => count + 1);
        });

        Assert.Equal(StatusCode.Aborted, within.Status);
    }

    [Fact]
    public async Task A_sign_in_too_many_is_ResourceExhausted()
    {
        await using var app = await GrpcApp.StartAsync(Transport.Kestrel, session: options =>
        {
            options.MaxSessionsPerUser = 1;
            options.SessionLimitBehavior = SessionLimitBehavior.RejectNew;
        });
        await app.SignedInAsync();

        var reply = await app.NewClient().CallAsync(call => call.Session.SetUserId("alice"));

        Assert.Equal(StatusCode.ResourceExhausted, reply.Status);
    }

    [Theory]
    [InlineData(StatusCode.FailedPrecondition, "mine")]
    [InlineData(StatusCode.Unknown, "mine")]
    [InlineData(StatusCode.Internal, "mine")]
    [InlineData(StatusCode.Unknown, "")]
    public async Task A_status_that_the_application_chose_stays(StatusCode code, string detail)
    {
        await using var app = await GrpcApp.StartAsync(Transport.Kestrel);
        var client = await app.SignedInAsync();
        app.Break(StoreOperation.Commit);

        var reply = await client.CallAsync(async call =>
        {
            call.Session.StoreValue("value", "after");
            await Assert.ThrowsAsync<SessionStoreException>(() => call.Session.CommitAsync());
            throw new RpcException(new Status(code, detail));
        });

        Assert.Equal((code, detail), (reply.Status, reply.Detail));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_exception_of_ours_that_the_application_wraps_is_ours_and_one_of_its_own_is_not(bool ours)
    {
        await using var app = await GrpcApp.StartAsync(Transport.Kestrel, options => options.EnableDetailedErrors = true);
        var client = await app.SignedInAsync();
        app.Break(StoreOperation.Commit);

        var reply = await client.CallAsync(async call =>
        {
            try
            {
                await (ours ? call.Session.UpdateValueAsync<int>("count", count => count + 1) : throw new FormatException("mine"));
            }
            catch (SessionStoreException exception)
            {
                throw new InvalidOperationException("The count failed.", exception);
            }
        });

        Assert.Equal(ours ? StatusCode.Unavailable : StatusCode.Unknown, reply.Status);
    }

    [Theory]
    [InlineData(Transport.TestServer)]
    [InlineData(Transport.Kestrel)]
    [InlineData(Transport.WebInFront)]
    public async Task Once_messages_have_left_the_trailers_say_it(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();

        var within = await client.CallAsync(CallShape.ServerStreaming, async call =>
        {
            await call.WriteAsync("one");
            app.Break(StoreOperation.Commit);
            await call.Session.UpdateValueAsync<int>("count", count => count + 1);
        });
        Assert.Equal(StatusCode.Unavailable, within.Status);

        var atTheEnd = await client.CallAsync(CallShape.ServerStreaming, async call =>
        {
            await call.WriteAsync("one");
            call.Session.StoreValue("value", "after");
        });
        Assert.Equal(StatusCode.Unavailable, atTheEnd.Status);
        Assert.Equal(1, app.Logs.CountOf(40));
        Assert.Equal(0, app.Logs.CountOf(32));

        app.Store.Heal();
        Assert.Equal("alice:before", await client.StateAsync());
    }

    [Theory]
    [InlineData(Transport.WebBehind)]
    [InlineData(Transport.WebTextBehindOnKestrel)]
    public async Task Where_the_trailers_have_left_as_well_the_connection_is_aborted(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();
        app.Break(StoreOperation.Commit);

        await client.CallAsync(CallShape.ServerStreaming, async call =>
        {
            await call.WriteAsync("one");
            call.Session.StoreValue("value", "after");
        });

        Assert.Equal(1, app.Logs.CountOf(32));
        Assert.Equal(0, app.Logs.CountOf(40));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_exception_that_no_server_of_gRPC_caught_is_answered_with_a_status_alone(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(
            transport,
            endpoint: endpoint => endpoint.Add(builder =>
            {
                var method = builder.RequestDelegate!;
                builder.RequestDelegate = context =>
                {
                    context.RequestServices.GetRequiredService<ISessionManager>().GetUserId();
                    return method(context);
                };
            }));
        var client = await app.SignedInAsync();
        app.Break(StoreOperation.Load);

        var reply = await client.CallAsync(_ => { });

        AssertUnavailable(client, reply);
        Assert.Equal(HttpStatusCode.OK, client.Last.StatusCode);
        Assert.Equal("no-store", client.Last.Headers.CacheControl?.ToString());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_challenge_while_the_store_is_down_is_Unavailable(Transport transport)
    {
        var isOpen = true;
        await using var app = await GrpcApp.StartAsync(
            transport,
            services: services =>
            {
                services.AddAuthentication().AddSessionManager();
                services.AddAuthorization();
            },
            endpoint: endpoint => endpoint.RequireAuthorization(policy => policy.RequireAssertion(_ => isOpen)));
        var client = await app.SignedInAsync();
        app.Break(StoreOperation.Load);
        isOpen = false;

        var reply = await client.CallAsync(_ => { });

        AssertUnavailable(client, reply);
    }

    [Theory]
    [InlineData("application/grpc", "application/grpc")]
    [InlineData("application/grpc+proto", "application/grpc+proto")]
    [InlineData("application/grpc-web", "application/grpc-web")]
    [InlineData("application/grpc-web+json", "application/grpc-web+json")]
    [InlineData("application/grpc-web-text; charset=utf-8", "application/grpc-web-text")]
    [InlineData("Application/GRPC", "Application/GRPC")]
    [InlineData("application/grpc-other", null)]
    [InlineData("application/grpcx", null)]
    [InlineData("application/json", null)]
    public async Task A_call_is_known_by_its_content_type(string sent, string? answered)
    {
        await using var app = await App.StartAsync(app => app.MapPost("/", Task () => throw new SessionStoreException("100 % down")));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(sent);

        using var response = await app.NewBrowser().SendAsync(request);

        Assert.Equal(answered is null ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(answered ?? "application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(answered is not null, response.Headers.Contains("grpc-status"));
    }

    private static void AssertUnavailable(GrpcClient client, Reply reply)
    {
        Assert.Equal(StatusCode.Unavailable, reply.Status);
        Assert.StartsWith("The session store can't be reached.", reply.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, client.Last.StatusCode);
        Assert.StartsWith("application/grpc", client.Last.Content.Headers.ContentType?.MediaType, StringComparison.Ordinal);
    }
}
