namespace SessionManager.AspNetCore.Documents.Tests.Infrastructure;

/// <summary>What a fragment in a document stands in: an application with its builder, a request with its session, a signed-in user.</summary>
internal static class Surroundings
{
    public const string Code =
        """
        global using SessionManager.AspNetCore;
        global using static Surrounding;

        internal static class Surrounding
        {
            public static WebApplicationBuilder builder => throw null!;
            public static WebApplication app => throw null!;
            public static ISessionManagerBuilder sessions => throw null!;
            public static ISessionManager session => throw null!;
            public static ISessionDirectory directory => throw null!;
            public static HttpContext context => throw null!;
            public static SessionManagerOptions options => throw null!;
            public static Audit audit => throw null!;
            public static Cart cart => throw null!;
            public static User user => throw null!;
            public static User customer => throw null!;
            public static string userId => throw null!;
            public static string sessionId => throw null!;
            public static string configuration => throw null!;
            public static Delegate ChangePassword => throw null!;
        }

        internal sealed class Cart
        {
            public List<string> Items { get; } = [];
        }

        internal sealed record User(int Id);

        internal sealed class Audit
        {
            public Task WriteAsync(string? userId, SessionEndReason reason) => throw null!;
        }
        """;
}
