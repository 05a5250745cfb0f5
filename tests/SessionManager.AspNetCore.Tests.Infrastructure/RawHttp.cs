using System.Net.Sockets;
using System.Text;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>Sends a request byte by byte as it is given: no client library that would correct it.</summary>
internal static class RawHttp
{
    /// <summary>Gets a path with these header lines, and reads the whole answer. Characters are sent as Latin-1.</summary>
    public static async Task<string> GetAsync(Uri address, string path, params string[] headers)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, timeout.Token);
        var stream = client.GetStream();
        var lines = string.Concat(headers.Select(header => header + "\r\n"));
        var request = $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), timeout.Token);

        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, timeout.Token)) > 0)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException) when (answer.Length > 0)
        {
            // The server answered and closed before it had read all of the request: the rest is a connection reset.
        }

        return answer.ToString();
    }
}
