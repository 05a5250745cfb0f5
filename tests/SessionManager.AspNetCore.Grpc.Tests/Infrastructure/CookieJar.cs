namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>Keeps the session cookie of a client, as a browser does.</summary>
internal sealed class CookieJar(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Name = "sid=";

    /// <summary>The value of the cookie; <see langword="null"/> when there is none.</summary>
    public string? Token { get; set; }

    /// <summary>The deadline that only the server knows of, as the header says it.</summary>
    public string? ServerTimeout { get; set; }

    /// <summary>The last response, as far as its headers go.</summary>
    public HttpResponseMessage? Last { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Token is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", Name + Token);
        }

        if (ServerTimeout is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-timeout", ServerTimeout);
        }

        Last = await base.SendAsync(request, cancellationToken);
        foreach (var header in Last.Headers.TryGetValues("Set-Cookie", out var headers) ? headers : [])
        {
            var value = header.StartsWith(Name, StringComparison.Ordinal) ? header[Name.Length..].Split(';')[0] : "";
            Token = value.Length == 0 ? null : value;
            SuiteSecrets.AddToken(value);
        }

        return Last;
    }
}
