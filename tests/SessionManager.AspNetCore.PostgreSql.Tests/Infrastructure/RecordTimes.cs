using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>How long rows are kept. A write or touch of the suite stores the time of its call as the time of the last
/// use.</summary>
internal sealed class RecordTimes(RecordDatabase database) : IMediumTimes
{
    public async Task<TimeSpan?> ReadRecordAsync(Guid id)
    {
        var kept = await database.ExecuteAsync(
            $"SELECT keep_until - last_seen_at FROM {database.Sessions} WHERE id = '{id}'");
        return TimeSpan.FromMilliseconds((long)kept!);
    }

    public Task<TimeSpan?> ReadIndexAsync(string userId) => Task.FromResult<TimeSpan?>(null);
}
