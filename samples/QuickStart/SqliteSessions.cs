using QuickStart;

[assembly: HostingStartup(typeof(SqliteSessions))]

namespace QuickStart;

/// <summary>With <c>--store sqlite</c> sessions are kept in a file under the content root, and a restart signs nobody
/// out. An application of your own writes the one line that adds the store behind its AddSessionManager.</summary>
public class SqliteSessions : IHostingStartup
{
    public void Configure(IWebHostBuilder builder) => builder.ConfigureServices((context, services) =>
    {
        if (context.Configuration["store"] is { } store)
        {
            _ = store is "sqlite"
                ? services.AddSessionManager().AddSqliteStore("Data Source=sessions.db")
                : throw new NotSupportedException($"There is no store '{store}'. Write --store sqlite.");
        }
    });
}
