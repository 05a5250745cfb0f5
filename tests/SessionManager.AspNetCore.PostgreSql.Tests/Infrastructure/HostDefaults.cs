using System.Runtime.CompilerServices;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>What all hosts of these tests have in common.</summary>
internal static class HostDefaults
{
    // Each host would watch its settings files otherwise, and a machine has only so many watchers.
    [ModuleInitializer]
    internal static void WatchNoFiles() =>
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
}
