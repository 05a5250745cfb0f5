using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What this process remembers of a session that it has made or loaded.</summary>
/// <param name="User">Who was signed in to it.</param>
/// <param name="Started">When it began or signed in last, in Unix milliseconds.</param>
/// <param name="Seen">When this process last knew it to be used, in Unix milliseconds.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct KnownSession(KnownUser? User, long Started, long Seen)
{
    public string? UserId => User?.Id;

    public LiveSpan Span => new(Started, Seen, User is not null);
}
