using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>Keeps the log events of the dashboard, as <c>number: text</c>.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IEnumerable<string> Dashboard => _lines;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogLines log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (category == "SessionManager.AspNetCore.Dashboard")
            {
                log._lines.Enqueue($"{eventId.Id}: {formatter(state, exception)}");
            }
        }
    }
}
