using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What of gRPC is on the wire, so that a call is known, and answered, without a reference to any gRPC library: the
/// content type of a request, and a status beside its message in headers or trailers (gRPC over HTTP2, "Requests" and
/// "Responses"; gRPC-Web).
/// </summary>
internal static class GrpcCall
{
    private const string ContentType = "application/grpc";
    private const string StatusName = "grpc-status";
    private const string MessageName = "grpc-message";
    private const int Unknown = 2;
    private const int ResourceExhausted = 8;
    private const int Aborted = 10;
    private const int Unavailable = 14;

    /// <summary>Whether a request is a call of gRPC or gRPC-Web, in whatever encoding of its messages.</summary>
    public static bool Is(HttpContext context) => context.Request.ContentType is { } type
        && (IsKind(type, "") || IsKind(type, "-web") || IsKind(type, "-web-text"));

    /// <summary>The status a client is told of a failure of the session; <see langword="null"/> for any other
    /// failure.</summary>
    public static int? StatusOf(Exception failure) => failure switch
    {
        SessionStoreException => Unavailable,
        SessionEndedException => Aborted,
        SessionLimitException => ResourceExhausted,
        _ => null,
    };

    /// <summary>Whether headers or trailers say how the call ended.</summary>
    public static bool HasStatus(IHeaderDictionary headers) => headers.ContainsKey(StatusName);

    /// <summary>Whether headers or trailers say that the call failed.</summary>
    public static bool HasFailed(IHeaderDictionary headers) =>
        headers.TryGetValue(StatusName, out var status)
            && !(int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code == 0);

    /// <summary>Whether a method is called by HTTP and JSON: transcoding writes the status of the call as a status of
    /// HTTP.</summary>
    public static bool IsTranscoded(HttpContext context) =>
        !Is(context) && context.GetEndpoint()?.Metadata.Any(IsMethod) == true;

    /// <summary>Whether headers or trailers say that an exception came out of the method. The server writes that
    /// itself, in these words; what an application chose has a message of its own.</summary>
    public static bool HasThrown(IHeaderDictionary headers) =>
        headers.TryGetValue(StatusName, out var status)
        && status == Unknown.ToString(CultureInfo.InvariantCulture)
        && headers.TryGetValue(MessageName, out var message)
        && message.ToString().StartsWith("Exception was thrown by handler.", StringComparison.Ordinal);

    /// <summary>Says in headers or trailers how the call ended.</summary>
    public static void SetStatus(IHeaderDictionary headers, Exception failure) =>
        SetStatus(headers, StatusOf(failure) ?? Unknown, RequestFailure.Explain(failure));

    /// <summary>Answers a call whose response has not started with its status alone. It has no body, and HTTP counts it
    /// as a success.</summary>
    public static void Answer(HttpContext context, Exception failure)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;

        // gRPC-Web behind us has made the request look like gRPC, and does the same for the response the other way
        // round.
        response.ContentType = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            ? type.MediaType.ToString()
            : ContentType;
        response.Headers.CacheControl = "no-store";
        SetStatus(response.Headers, failure);
    }

    private static void SetStatus(IHeaderDictionary headers, int status, string message)
    {
        headers[StatusName] = status.ToString(CultureInfo.InvariantCulture);
        headers[MessageName] = Encode(message);
    }

    // "Percent-Encoded": all but printable ASCII, and the percent sign itself.
    private static string Encode(string message)
    {
        var encoded = new StringBuilder(message.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }

        return encoded.ToString();
    }

    // By its name: what the server of gRPC says of an endpoint that it made.
    private static bool IsMethod(object metadata) =>
        string.Equals(
            metadata.GetType().FullName, "Grpc.AspNetCore.Server.GrpcMethodMetadata", StringComparison.Ordinal);

    private static bool IsKind(string type, string kind) =>
        type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && type.AsSpan(ContentType.Length).StartsWith(kind, StringComparison.OrdinalIgnoreCase)
        && type.AsSpan(ContentType.Length + kind.Length) is [] or ['+' or ';' or ' ', ..];
}
