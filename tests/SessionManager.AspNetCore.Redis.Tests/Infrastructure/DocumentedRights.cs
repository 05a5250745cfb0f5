using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>The commands that docs/redis.md tells an operator to run.</summary>
internal static partial class DocumentedRights
{
    /// <summary>The arguments of ACL SETUSER: the user 'app' with the password 'password'.</summary>
    public static string[] OfServer() => Read(0);

    /// <summary>The same on each server of a cluster.</summary>
    public static string[] OfCluster() => [.. Read(0), .. Read(1)[1..]];

    private static string[] Read(int line) =>
        AclPattern().Matches(Repository.Read("docs", "redis.md"))[line].Groups[1].Value.Split(' ');

    [GeneratedRegex("^ACL SETUSER (.*)$", RegexOptions.Multiline)]
    private static partial Regex AclPattern();
}
