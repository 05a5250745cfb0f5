using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Dashboard.History;

/// <summary>One minute of the chart.</summary>
/// <param name="Start">When it began.</param>
/// <param name="Live">The living sessions, as they were last counted in it; <see langword="null"/> before the process began to count.</param>
/// <param name="Begun">The sessions that began in it.</param>
/// <param name="Ended">The sessions that ended in it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HistoryMinute(DateTimeOffset Start, long? Live, long Begun, long Ended);
