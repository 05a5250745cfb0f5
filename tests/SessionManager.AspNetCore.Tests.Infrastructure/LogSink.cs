using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>Keeps every log event of an application that its settings let pass.</summary>
internal sealed class LogSink : ILoggerProvider
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();

    public IReadOnlyCollection<LogEntry> Entries => _entries;

    /// <summary>The events of our own packages.</summary>
    public IEnumerable<LogEntry> Ours => _entries.Where(entry => entry.Category.StartsWith("SessionManager.AspNetCore", StringComparison.Ordinal));

    public int CountOf(int eventId) => Ours.Count(entry => entry.EventId == eventId);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogSink sink, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var entry = new LogEntry(category, logLevel, eventId.Id, formatter(state, exception), exception?.ToString());
            sink._entries.Enqueue(entry);
            SuiteSecrets.TellLog(category, eventId.Id, entry.Message, entry.Exception);
        }
    }
}
