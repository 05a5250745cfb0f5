using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Dashboard.History;

/// <summary>One minute of the chart.</summary>
/// <param name="Start">When the minute began.</param>
/// <param name="Live">How many sessions lived when they were last counted in the minute; <see langword="null"/> before
/// the process began to count.</param>
/// <param name="Begun">How many sessions began in the minute.</param>
/// <param name="Ended">How many sessions ended in the minute.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HistoryMinute(DateTimeOffset Start, long? Live, long Begun, long Ended);
