namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>The files that the dashboard serves for its pages.</summary>
internal static class DashboardAssets
{
    public static DashboardAsset Style { get; } = new("dashboard.css", "text/css; charset=utf-8");

    public static DashboardAsset Script { get; } = new("dashboard.js", "text/javascript; charset=utf-8");

    public static DashboardAsset Icon { get; } = new("icon.svg", "image/svg+xml");
}
