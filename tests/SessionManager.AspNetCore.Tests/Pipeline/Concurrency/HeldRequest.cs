using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A request that has loaded its session and stands still in its handler.</summary>
internal sealed class HeldRequest(Browser tab, Gate gate, Task<HttpResponseMessage> response)
{
    /// <summary>The tab it was sent from; it has the response's cookie.</summary>
    public Browser Tab => tab;

    public async Task<HttpStatusCode> FinishAsync()
    {
        gate.Open();
        using var answer = await response;
        return answer.StatusCode;
    }
}
