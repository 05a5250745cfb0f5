using Grpc.Core;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Grpc.Tests;

/// <summary>A gRPC method that throws saves nothing but endings, though gRPC turns what it throws into an answer.</summary>
public sealed class ThrowingMethodTests
{
    public static TheoryData<Transport, CallShape> Calls
    {
        get
        {
            var calls = new TheoryData<Transport, CallShape>();
            foreach (var transport in Enum.GetValues<Transport>())
            {
                calls.Add(transport, CallShape.Unary);
                calls.Add(transport, CallShape.ServerStreaming);
            }

            foreach (var transport in (Transport[])[Transport.TestServer, Transport.Kestrel])
            {
                calls.Add(transport, CallShape.ClientStreaming);
                calls.Add(transport, CallShape.Duplex);
            }

            return calls;
        }
    }

    public static TheoryData<Transport> Transports => [.. Enum.GetValues<Transport>()];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_method_that_throws_saves_nothing(Transport transport, CallShape shape)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();
        var token = client.Token;

        var chosen = await client.CallAsync(shape, call => Fail(call, new RpcException(new Status(StatusCode.FailedPrecondition, "no"))));
        var other = await client.CallAsync(shape, call => Fail(call, new FormatException("no")));

        Assert.Equal((StatusCode.FailedPrecondition, "no"), (chosen.Status, chosen.Detail));
        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), (other.Status, other.Detail));
        Assert.Equal(token, client.Token);
        Assert.Equal("alice:before", await client.StateAsync());

        static void Fail(Call call, Exception exception)
        {
            call.Session.StoreValue("value", "after");
            call.Session.SetUserId("mallory");
            throw exception;
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Nor_does_one_that_throws_after_it_has_waited(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();

        await client.CallAsync(async call =>
        {
            call.Session.StoreValue("value", "after");
            await Task.Yield();
            throw new FormatException("no");
        });

        Assert.Equal("alice:before", await client.StateAsync());
        Assert.Equal(1, app.Logs.CountOf(41));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task No_session_begins_and_no_cookie_is_sent(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = app.NewClient();

        await client.CallAsync(call =>
        {
            call.Session.SetUserId("alice");
            throw new RpcException(new Status(StatusCode.Internal, "no"));
        });

        Assert.Null(client.Token);
        Assert.Equal(":", await client.StateAsync());
        Assert.Equal(0, app.Store.CallsOf(StoreOperation.Commit));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Endings_are_carried_out_and_their_cookies_reach_the_client(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();
        var token = client.Token;

        await client.CallAsync(call =>
        {
            call.Session.StoreValue("value", "after");
            call.Session.ClearSession();
            throw new RpcException(new Status(StatusCode.Internal, "no"));
        });

        Assert.NotEqual(token, client.Token);
        Assert.Equal(":before", await client.StateAsync());

        await client.CallAsync(call =>
        {
            call.Session.DestroySession();
            throw new FormatException("no");
        });

        Assert.Null(client.Token);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task What_left_with_a_first_message_is_saved_and_what_came_after_it_is_not(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();

        var reply = await client.CallAsync(CallShape.ServerStreaming, async call =>
        {
            call.Session.StoreValue("value", "first");
            await call.WriteAsync("one");
            call.Session.StoreValue("value", "second");
            throw new RpcException(new Status(StatusCode.DataLoss, "no"));
        });

        Assert.Equal(StatusCode.DataLoss, reply.Status);
        Assert.Equal("alice:first", await client.StateAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Nor_is_a_first_change_that_came_after_it(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();

        await client.CallAsync(CallShape.ServerStreaming, async call =>
        {
            await call.WriteAsync("one");
            call.Session.StoreValue("value", "second");
            throw new RpcException(new Status(StatusCode.DataLoss, "no"));
        });

        Assert.Equal("alice:before", await client.StateAsync());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_method_that_succeeds_saves(Transport transport, CallShape shape)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();

        var reply = await client.CallAsync(shape, async call =>
        {
            call.Session.StoreValue("value", "first");
            if (call.Writer is not null)
            {
                await call.WriteAsync("one");
                call.Session.StoreValue("value", "after");
            }
        });

        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.Equal(shape is CallShape.Unary or CallShape.ClientStreaming ? "alice:first" : "alice:after", await client.StateAsync());
    }

    [Theory]
    [InlineData(Transport.TestServer)]
    [InlineData(Transport.Kestrel)]
    public async Task A_deadline_that_passes_saves_nothing_neither_before_it_nor_after(Transport transport)
    {
        await using var app = await GrpcApp.StartAsync(transport);
        var client = await app.SignedInAsync();
        var ended = new TaskCompletionSource();
        client.ServerTimeout = "100m";

        var reply = await client.CallAsync(async call =>
        {
            call.Http.Response.RegisterForDispose(new Disposal(ended.SetResult));
            call.Session.StoreValue("value", "before it");
            var passed = new TaskCompletionSource();
            using var registration = call.Context.CancellationToken.Register(passed.SetResult);
            await passed.Task;
            call.Session.StoreValue("value", "after it");
        });
        await ended.Task;
        client.ServerTimeout = null;

        // TestServer resets a response before its client has read how it ended.
        Assert.Equal(transport == Transport.Kestrel ? StatusCode.DeadlineExceeded : reply.Status, reply.Status);
        Assert.NotEqual(StatusCode.OK, reply.Status);
        Assert.Equal("alice:before", await client.StateAsync());
    }

    [Fact]
    public async Task Nor_does_it_save_what_a_callback_changes_while_its_answer_starts()
    {
        await using var app = await GrpcApp.StartAsync(Transport.Kestrel);
        var client = await app.SignedInAsync();
        client.ServerTimeout = "100m";

        await client.CallAsync(async call =>
        {
            call.Http.Response.OnStarting(() =>
            {
                call.Http.Session.SetString("value", "after");
                return Task.CompletedTask;
            });
            await Task.Delay(Timeout.Infinite, call.Context.CancellationToken);
        });
        client.ServerTimeout = null;

        Assert.Equal("alice:before", await client.StateAsync());
    }

    [Fact]
    public async Task A_call_that_is_cancelled_and_gives_up_saves_nothing()
    {
        await using var app = await GrpcApp.StartAsync(Transport.Kestrel);
        var client = await app.SignedInAsync();
        using var cancellation = new CancellationTokenSource();
        var ended = new TaskCompletionSource();

        var reply = await client.CallAsync(
            CallShape.Unary,
            async call =>
            {
                call.Http.Response.RegisterForDispose(new Disposal(ended.SetResult));
                call.Session.StoreValue("value", "after");
                await cancellation.CancelAsync();
                await Task.Delay(Timeout.Infinite, call.Context.CancellationToken);
            },
            new CallOptions(cancellationToken: cancellation.Token));
        await ended.Task;

        Assert.Equal(StatusCode.Cancelled, reply.Status);
        Assert.Equal("alice:before", await client.StateAsync());
    }

    [Theory]
    [InlineData("", "alice:after")]
    [InlineData("method", "alice:before")]
    [InlineData("interceptor", "alice:before")]
    public async Task A_status_that_is_only_set_on_the_context_is_known_too_late_and_DiscardChanges_is_for_that(string discards, string state)
    {
        await using var app = await GrpcApp.StartAsync(Transport.Kestrel, options =>
        {
            if (discards == "interceptor")
            {
                options.Interceptors.Add<DiscardingInterceptor>();
            }
        });
        var client = await app.SignedInAsync();

        var reply = await client.CallAsync(call =>
        {
            call.Session.StoreValue("value", "after");
            call.Context.Status = new Status(StatusCode.NotFound, "no");
            if (discards == "method")
            {
                call.Session.DiscardChanges();
            }
        });

        Assert.Equal(StatusCode.NotFound, reply.Status);
        Assert.Equal(state, await client.StateAsync());
    }

    [Fact]
    public async Task An_interceptor_that_turns_the_exception_into_a_message_discards_the_changes_itself()
    {
        await using var app = await GrpcApp.StartAsync(Transport.Kestrel, options => options.Interceptors.Add<AnsweringInterceptor>());
        var client = await app.SignedInAsync();

        var reply = await client.CallAsync(call =>
        {
            call.Session.StoreValue("value", "after");
            throw new FormatException("no");
        });

        Assert.Equal(new Reply(StatusCode.OK, "", "sorry"), reply);
        Assert.Equal("alice:before", await client.StateAsync());
    }

    private sealed class Disposal(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }
}
