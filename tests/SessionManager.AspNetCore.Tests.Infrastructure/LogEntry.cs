using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

internal sealed record LogEntry(string Category, LogLevel Level, int EventId, string Message, string? Exception);
