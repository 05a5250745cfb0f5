using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// How far a request is on its way through the pipeline, and what its endpoint says about the session. Routing may run
/// after <c>UseSessionManager</c>, so the endpoint is looked up until it is known. A structure, because every request
/// has one.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct RequestProgress
{
    private bool _isRouted;

    /// <summary>The settings as they were last looked up; <see langword="null"/> when the endpoint has none.</summary>
    public SessionAttribute? Settings { get; private set; }

    /// <summary>Whether the settings may become others: the endpoint is not known yet, or an error page may take its
    /// place.</summary>
    public readonly bool MayChange => !_isRouted || Settings is not null;

    /// <summary>Whether the request is for a static asset, which needs no session.</summary>
    public bool IsAsset { get; private set; }

    /// <summary>Whether the session is loaded when the session, or its user, is first asked for.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>Whether nothing is loaded before somebody uses the session.</summary>
    public readonly bool IsLoadedAtUse => IsAsset || IsDeferred;

    public RequestStage Stage { get; set; }

    /// <summary>Whether <c>UseSessionManager</c> has the request, so that changes will be saved.</summary>
    public bool IsBound { get; set; }

    /// <summary>Whether the session was shown or changed in this request.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Whether a callback is registered that runs before the response starts.</summary>
    public bool IsHooked { get; set; }

    /// <summary>Whether that callback has begun to run.</summary>
    public bool IsStarting { get; set; }

    /// <summary>Where the response went when <c>UseSessionManager</c> got the request.</summary>
    public IHttpResponseBodyFeature? BodyAtEntry { get; set; }

    /// <summary>The run of the authentication middleware that has been answered. Whoever asks later in that run is not
    /// the middleware.</summary>
    public object? AnsweredRun { get; set; }

    /// <summary>The request enters the pipeline, for the first time or again for an error page.</summary>
    public void Enter(HttpContext context, EndpointSettings settings)
    {
        var metadata = MetadataOf(context);
        LookUp(metadata, settings);
        IsAsset = EndpointSettings.IsForAsset(metadata);
    }

    /// <summary>Looks up the settings of the endpoint.</summary>
    public SessionAttribute? LookUp(HttpContext context, EndpointSettings settings)
    {
        LookUp(MetadataOf(context), settings);
        return Settings;
    }

    // By type, not by the generic method: called through the interface that costs 30 ns.
    private static EndpointMetadataCollection? MetadataOf(HttpContext context) =>
        ((IEndpointFeature?)context.Features[typeof(IEndpointFeature)])?.Endpoint?.Metadata;

    private void LookUp(EndpointMetadataCollection? metadata, EndpointSettings settings)
    {
        var before = Settings;
        Settings = metadata?.GetMetadata<SessionAttribute>() is null ? null : settings.Of(metadata);
        _isRouted = metadata is not null;

        // For an endpoint without a session nothing was loaded, and an error page in its place may have a session.
        IsDeferred |= before?.Mode == SessionMode.Disabled && Settings?.Mode != SessionMode.Disabled;
    }
}
