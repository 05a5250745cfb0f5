namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>Events by overriding.</summary>
internal sealed class OwnEvents : SessionManagerEvents
{
    public string? SignedInUser { get; private set; }

    public override Task SignedIn(SessionEventContext context)
    {
        SignedInUser = context.Session.UserId;
        return base.SignedIn(context);
    }
}
