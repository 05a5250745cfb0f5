using System.Net;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Tests.Pipeline.Responses;

/// <summary>One way for a response to start.</summary>
internal sealed record ResponseShape(string Name, Func<HttpContext, Task> Respond)
{
    /// <summary>In every body that a handler writes, and never in an answer of ours.</summary>
    public const string Marker = "bytes-of-the-handler";

    public HttpMethod Method { get; init; } = HttpMethod.Get;

    public HttpStatusCode Success { get; init; } = HttpStatusCode.OK;

    /// <summary>What runs around the handler, before it changes the session.</summary>
    public Func<HttpContext, Func<Task>, Task> Around { get; init; } = static (_, handler) => handler();

    public string PathFor(string value) => $"/shapes/{Name}?value={value}";

    public override string ToString() => Name;
}
