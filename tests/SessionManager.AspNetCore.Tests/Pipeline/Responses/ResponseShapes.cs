using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Tests.Pipeline.Responses;

/// <summary>Every way a response can start.</summary>
internal static class ResponseShapes
{
    /// <summary>This one is answered by <see cref="ShapesController"/>.</summary>
    public const string Mvc = "mvc-json";

    /// <summary>Bytes that are put into the writer's buffer and left there, for the end of the request to flush.</summary>
    public const string NeverFlushed = "body-writer-never-flushed";

    /// <summary>Into a buffer that an inner middleware puts in place of the body before the session changes.</summary>
    public const string SwappedBefore = "body-swapped-before";

    /// <summary>A synchronous write can't wait for the store. Servers refuse it unless they are told not to, so it is not among
    /// <see cref="All"/>.</summary>
    public const string Synchronous = "synchronous-write";

    private static readonly byte[] Bytes = Encoding.UTF8.GetBytes(ResponseShape.Marker);
    private static readonly Lazy<string> File = new(WriteFile);

    public static IReadOnlyList<ResponseShape> All { get; } =
    [
        new("text", context => context.Response.WriteAsync(ResponseShape.Marker)),
        new("text-result", context => Results.Text(ResponseShape.Marker).ExecuteAsync(context)),
        new("json", context => context.Response.WriteAsJsonAsync(ResponseShape.Marker)),
        new("json-result", context => Results.Json(ResponseShape.Marker).ExecuteAsync(context)),
        new(Mvc, _ => throw new NotSupportedException("The controller answers.")),
        new("redirect", context => Results.Redirect("/elsewhere").ExecuteAsync(context)) { Success = HttpStatusCode.Found },
        new("empty-204", context => Results.NoContent().ExecuteAsync(context)) { Success = HttpStatusCode.NoContent },
        new("nothing-written", _ => Task.CompletedTask),
        new("file", context => context.Response.SendFileAsync(File.Value)),
        new("file-result", context => Results.File(File.Value, "text/plain").ExecuteAsync(context)),
        new("start-async", StartAndWriteAsync),
        new("flush-first", FlushAndWriteAsync),
        new("body-writer", WriteToWriterAsync),
        new("body-writer-write", context => context.Response.BodyWriter.WriteAsync(Bytes).AsTask()),
        new("body-writer-completed", CompleteWriterAsync),
        new(NeverFlushed, Advance),
        new("body-stream", context => context.Response.Body.WriteAsync(Bytes).AsTask()),
        new("complete-async", context => context.Response.CompleteAsync()),
        new("write-and-complete", WriteAndCompleteAsync),
        new("server-sent-events", context => TypedResults.ServerSentEvents(EventsAsync()).ExecuteAsync(context)),
        new("head", context => context.Response.WriteAsync(ResponseShape.Marker)) { Method = HttpMethod.Head },
        new("200-kilobytes", context => context.Response.WriteAsync(ResponseShape.Marker + new string('x', 200 * 1024))),
        new(SwappedBefore, context => context.Response.WriteAsync(ResponseShape.Marker)) { Around = SwapBodyAsync },
        new("body-swapped-after", context => SwapBodyAsync(context, () => context.Response.WriteAsync(ResponseShape.Marker))),
    ];

    public static IEnumerable<ResponseShape> Known => All.Append(new ResponseShape(Synchronous, WriteSynchronously));

    public static ResponseShape Find(string name) => Known.Single(shape => shape.Name == name);

    private static async Task StartAndWriteAsync(HttpContext context)
    {
        await context.Response.StartAsync();
        await context.Response.WriteAsync(ResponseShape.Marker);
    }

    private static async Task FlushAndWriteAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync();
        await context.Response.WriteAsync(ResponseShape.Marker);
    }

    private static async Task WriteToWriterAsync(HttpContext context)
    {
        await Advance(context);
        await context.Response.BodyWriter.FlushAsync();
    }

    private static async Task CompleteWriterAsync(HttpContext context)
    {
        await Advance(context);
        await context.Response.BodyWriter.CompleteAsync();
    }

    private static Task Advance(HttpContext context)
    {
        var writer = context.Response.BodyWriter;
        Bytes.CopyTo(writer.GetMemory(Bytes.Length));
        writer.Advance(Bytes.Length);
        return Task.CompletedTask;
    }

    private static async Task WriteAndCompleteAsync(HttpContext context)
    {
        await context.Response.WriteAsync(ResponseShape.Marker);
        await context.Response.CompleteAsync();
    }

    private static async IAsyncEnumerable<string> EventsAsync()
    {
        foreach (var number in Enumerable.Range(1, 3))
        {
            await Task.Yield();
            yield return $"{ResponseShape.Marker} {number}";
        }
    }

    private static async Task SwapBodyAsync(HttpContext context, Func<Task> handler)
    {
        var original = context.Response.Body;
        using var buffer = new MemoryStream();
        context.Response.Body = buffer;
        try
        {
            await handler();
        }
        finally
        {
            context.Response.Body = original;
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(original);
    }

    private static Task WriteSynchronously(HttpContext context)
    {
        context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
        context.Response.Body.Write(Bytes);
        return Task.CompletedTask;
    }

    private static string WriteFile()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "response-shape.txt");
        System.IO.File.WriteAllText(path, ResponseShape.Marker);
        return path;
    }
}
