using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Dashboard.History;

/// <summary>
/// Counts the sessions of this process and keeps the last hour by the minute. The numbers come from three documented
/// instruments, which this class listens to as any exporter would. It never calls the store.
/// </summary>
internal sealed class SessionHistory : IDisposable
{
    private const int Minutes = 60;
    private const string MeterName = "SessionManager.AspNetCore";
    private const string CreatedName = "session_manager.sessions.created";
    private const string EndedName = "session_manager.sessions.ended";
    private const string LiveName = "session_manager.sessions.live";

    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _since;
    private readonly Bucket[] _buckets = new Bucket[Minutes];
    private readonly MeterListener _listener = new();
    private readonly ITimer _timer;
    private long _signedIn;
    private long _anonymous;
    private long _begun;
    private long _ended;

    public SessionHistory(IMeterFactory meters, TimeProvider time)
    {
        (_time, _since) = (time, time.GetUtcNow());
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other applications in this process have meters of the same name. The scope is the meter factory of this
            // one.
            if (string.Equals(instrument.Meter.Name, MeterName, StringComparison.Ordinal)
                && ReferenceEquals(instrument.Meter.Scope, meters)
                && instrument.Name is CreatedName or EndedName or LiveName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(OnMeasurement);
        _listener.Start();
        _timer = time.CreateTimer(
            static history => ((SessionHistory)history!).Sample(), this, TimeSpan.Zero, SampleInterval);
    }

    /// <summary>The counters and the last hour as of now.</summary>
    public HistorySnapshot Read()
    {
        lock (_lock)
        {
            Sample();
            var now = _time.GetUtcNow();
            var last = MinuteOf(now);
            var minutes = new HistoryMinute[Minutes];
            long? live = null;
            for (var i = 0; i < Minutes; i++)
            {
                var minute = last - Minutes + 1 + i;
                var start = DateTimeOffset.FromUnixTimeSeconds(minute * 60);
                ref readonly var bucket = ref _buckets[(int)(minute % Minutes)];
                if (bucket.Minute != minute)
                {
                    // Nothing happened in this minute, and the timer was late: the count is still the one before.
                    minutes[i] = new HistoryMinute(start, live, 0, 0);
                    continue;
                }

                live = bucket.Live ?? live;
                minutes[i] = new HistoryMinute(start, live, bucket.Begun, bucket.Ended);
            }

            return new HistorySnapshot(now, _since, _signedIn, _anonymous, _begun, _ended, minutes);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _listener.Dispose();
    }

    private void Sample()
    {
        lock (_lock)
        {
            (_signedIn, _anonymous) = (0, 0);
            _listener.RecordObservableInstruments();
            CurrentBucket().Live = _signedIn + _anonymous;
        }
    }

    private void OnMeasurement(
        Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        lock (_lock)
        {
            switch (instrument.Name)
            {
                case CreatedName:
                    _begun += value;
                    CurrentBucket().Begun += value;
                    break;
                case EndedName:
                    _ended += value;
                    CurrentBucket().Ended += value;
                    break;
                default:
                    var isSignedIn = tags is [{ Value: true }];
                    (_signedIn, _anonymous) =
                        isSignedIn ? (_signedIn + value, _anonymous) : (_signedIn, _anonymous + value);
                    break;
            }
        }
    }

    private ref Bucket CurrentBucket()
    {
        var minute = MinuteOf(_time.GetUtcNow());
        ref var bucket = ref _buckets[(int)(minute % Minutes)];
        if (bucket.Minute != minute)
        {
            bucket = new Bucket { Minute = minute };
        }

        return ref bucket;
    }

    private static long MinuteOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / 60;

    [StructLayout(LayoutKind.Auto)]
    private struct Bucket
    {
        public long Minute;
        public long? Live;
        public long Begun;
        public long Ended;
    }
}
