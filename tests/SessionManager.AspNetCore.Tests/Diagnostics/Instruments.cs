using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>What one application's meter has measured since this was made, as text: the attributes that are not the store's name, and the value.</summary>
internal sealed class Instruments<T>(IServiceProvider services, string name) : IDisposable
    where T : struct
{
    private readonly MetricCollector<T> _collector = new(services.GetRequiredService<IMeterFactory>(), "SessionManager.AspNetCore", name);

    public Instrument? Instrument => _collector.Instrument;

    public IReadOnlyList<CollectedMeasurement<T>> Measured => _collector.GetMeasurementSnapshot();

    /// <summary>The attributes of each measurement, in order.</summary>
    public IReadOnlyList<string> Attributes => [.. Measured.Select(measurement => Describe(measurement.Tags))];

    /// <summary>What an observable instrument says now.</summary>
    public IReadOnlyList<string> Observe()
    {
        _collector.Clear();
        _collector.RecordObservableInstruments();
        return [.. Measured.Select(measurement => $"{Describe(measurement.Tags)}: {measurement.Value}")];
    }

    public void Dispose() => _collector.Dispose();

    private static string Describe(IReadOnlyDictionary<string, object?> tags) => string.Join(
        ' ', tags.Where(tag => tag.Key != "session_manager.store.name").OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key.Split('.')[^1]}={tag.Value}"));
}
