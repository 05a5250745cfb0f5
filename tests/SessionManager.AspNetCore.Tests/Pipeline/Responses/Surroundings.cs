namespace SessionManager.AspNetCore.Tests.Pipeline.Responses;

/// <summary>What stands around the session in the pipeline: outside is before UseSessionManager, inside between it and the handler.</summary>
public enum Surroundings
{
    Nothing,
    CompressionOutside,
    CompressionInside,
    DeveloperPageOutside,
    DeveloperPageInside,
    ExceptionHandlerOutside,
    ExceptionHandlerInside,
    OutputCacheOutside,
    OutputCacheInside,
}
