namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A response of the QuickStart sample.</summary>
internal sealed record QuickStartAnswer(int Status, string? ContentType, string Body, bool SetsCookie)
{
    public void AssertIsProblem(int status)
    {
        Assert.Equal((status, "application/problem+json"), (Status, ContentType));
        Assert.Contains($"\"status\":{status}", Body, StringComparison.Ordinal);
    }
}
