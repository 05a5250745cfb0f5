using Grpc.Core;
using Grpc.Net.Client;

namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>A client that keeps its session cookie.</summary>
internal sealed class GrpcClient(CookieJar jar, Uri address, HttpMessageHandler handler, Version version)
{
    private readonly CallInvoker _invoker = GrpcChannel
        .ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, HttpVersion = version })
        .CreateCallInvoker();

    public string? Token => jar.Token;

    /// <summary>The deadline that only the server knows of: a client that knew it would leave at the same moment.</summary>
    public string? ServerTimeout
    {
        set => jar.ServerTimeout = value;
    }

    public HttpResponseMessage Last => jar.Last!;

    /// <summary>Calls a method that does this, and hands back what came of it, whatever that is.</summary>
    public async Task<Reply> CallAsync(CallShape shape, Func<Call, Task> step, CallOptions options = default)
    {
        var id = Guid.NewGuid().ToString("N");
        Steps.Known[id] = async call =>
        {
            await step(call);
            return "done";
        };
        try
        {
            return new Reply(StatusCode.OK, "", await SendAsync(shape, id, options));
        }
        catch (RpcException exception)
        {
            return new Reply(exception.StatusCode, exception.Status.Detail, "");
        }
    }

    public Task<Reply> CallAsync(Func<Call, Task> step) => CallAsync(CallShape.Unary, step);

    public Task<Reply> CallAsync(CallShape shape, Action<Call> step, CallOptions options = default) => CallAsync(
        shape,
        call =>
        {
            step(call);
            return Task.CompletedTask;
        },
        options);

    public Task<Reply> CallAsync(Action<Call> step) => CallAsync(CallShape.Unary, step);

    /// <summary>Calls a method that succeeds.</summary>
    public async Task OkAsync(Action<Call> step) => Assert.Equal(new Reply(StatusCode.OK, "", "done"), await CallAsync(step));

    /// <summary>The user and the value, as a call that only reads sees them.</summary>
    public async Task<string> StateAsync()
    {
        var state = "";
        await OkAsync(call => state = $"{call.Session.GetUserId()}:{call.Session.GetValue<string>("value")}");
        return state;
    }

    private async Task<string> SendAsync(CallShape shape, string id, CallOptions options)
    {
        switch (shape)
        {
            case CallShape.Unary:
                using (var call = _invoker.AsyncUnaryCall(StepMethods.Unary, null, options, id))
                {
                    return await call;
                }

            case CallShape.ServerStreaming:
                using (var call = _invoker.AsyncServerStreamingCall(StepMethods.ServerStreaming, null, options, id))
                {
                    return await ReadAsync(call.ResponseStream);
                }

            case CallShape.ClientStreaming:
                using (var call = _invoker.AsyncClientStreamingCall(StepMethods.ClientStreaming, null, options))
                {
                    await call.RequestStream.WriteAsync(id);
                    await call.RequestStream.CompleteAsync();
                    return await call;
                }

            default:
                using (var call = _invoker.AsyncDuplexStreamingCall(StepMethods.Duplex, null, options))
                {
                    await call.RequestStream.WriteAsync(id);
                    await call.RequestStream.CompleteAsync();
                    return await ReadAsync(call.ResponseStream);
                }
        }
    }

    private static async Task<string> ReadAsync(IAsyncStreamReader<string> responses)
    {
        var all = "";
        await foreach (var response in responses.ReadAllAsync())
        {
            all += response;
        }

        return all;
    }
}
