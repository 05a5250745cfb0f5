using System.Text;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>The methods of <see cref="Steps"/>, without generated code: messages are text.</summary>
internal sealed class StepMethods : IServiceMethodProvider<Steps>
{
    private static readonly Marshaller<string> Text = new(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    public static Method<string, string> Unary { get; } = Of(MethodType.Unary);

    public static Method<string, string> ClientStreaming { get; } = Of(MethodType.ClientStreaming);

    public static Method<string, string> ServerStreaming { get; } = Of(MethodType.ServerStreaming);

    public static Method<string, string> Duplex { get; } = Of(MethodType.DuplexStreaming);

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<Steps> context)
    {
        context.AddUnaryMethod(Unary, [], static (steps, step, call) => steps.RunAsync(step, call));
        context.AddClientStreamingMethod(ClientStreaming, [], static async (steps, requests, call) => await steps.RunAsync(await LastAsync(requests), call));
        context.AddServerStreamingMethod(ServerStreaming, [], static (steps, step, responses, call) => steps.RunAsync(step, call, responses));
        context.AddDuplexStreamingMethod(
            Duplex, [], static async (steps, requests, responses, call) => await steps.RunAsync(await LastAsync(requests), call, responses));
    }

    private static Method<string, string> Of(MethodType type) => new(type, "tests.Steps", type.ToString(), Text, Text);

    private static async Task<string> LastAsync(IAsyncStreamReader<string> requests)
    {
        var last = "";
        await foreach (var request in requests.ReadAllAsync())
        {
            last = request;
        }

        return last;
    }
}
