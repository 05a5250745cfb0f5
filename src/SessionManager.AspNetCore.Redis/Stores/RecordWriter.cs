using System.Text;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Writes and touches as the arguments of <see cref="Scripts.RecordScripts"/>.</summary>
internal static class RecordWriter
{
    private const int Fixed = 8;

    /// <summary>The arguments of the script that swaps.</summary>
    public static RedisValue[] Write(SessionWrite write)
    {
        var begins = write.ExpectedVersion == 0;
        var drops = begins || write.DropsValues;
        var set = write.Values.Count(static it => it.Value is not null);
        var removed = drops ? 0 : write.Values.Count - set;
        var headerFields = ((RecordColumns.Size + write.Header.Length) / RecordColumns.FieldSize) + 1;
        var arguments = new RedisValue[Fixed + removed + (2 * (2 + headerFields + set))];

        arguments[0] = begins ? RedisValue.EmptyString : write.ExpectedVersion;
        arguments[1] = write.NewVersion;
        arguments[2] = write.LastSeenAt.ToUnixTimeMilliseconds();
        arguments[3] = Milliseconds(write.TimeToLive);
        arguments[4] = MustGetThrough(write);
        arguments[5] = drops;
        arguments[6] = headerFields;
        arguments[7] = removed;
        var (removing, setting) = (Fixed, Fixed + removed);
        Set("v", write.NewVersion);
        Set("l", arguments[2]);
        WriteHeader(write, headerFields, arguments.AsSpan(setting));
        setting += 2 * headerFields;
        foreach (var (key, value) in write.Values)
        {
            if (value is { } bytes)
            {
                Set(FieldOf(key), bytes);
            }
            else if (!drops)
            {
                arguments[removing++] = FieldOf(key);
            }
        }

        return arguments;

        void Set(RedisValue field, RedisValue value)
        {
            arguments[setting++] = field;
            arguments[setting++] = value;
        }
    }

    /// <summary>The arguments of the script that touches.</summary>
    public static RedisValue[] Write(SessionTouch touch) =>
        [touch.LastSeenAt.ToUnixTimeMilliseconds(), touch.NewVersion, Milliseconds(touch.TimeToLive)];

    /// <summary>Whether a write is applied although the server is out of memory: it ends a session, or stores no value in one that
    /// there is, as a sign-out does.</summary>
    public static bool MustGetThrough(SessionWrite write) =>
        write.IsTombstone || (write.ExpectedVersion != 0 && write.Values.All(static it => it.Value is null));

    /// <summary>A time to live. One of 0 would remove the key.</summary>
    public static RedisValue Milliseconds(TimeSpan time) => Math.Max(1, (long)time.TotalMilliseconds);

    private static void WriteHeader(SessionWrite write, int fields, Span<RedisValue> arguments)
    {
        const int firstBytes = RecordColumns.FieldSize - RecordColumns.Size;
        var first = new byte[RecordColumns.Size + Math.Min(firstBytes, write.Header.Length)];
        RecordColumns.Of(write).Write(first);
        write.Header.Span[..(first.Length - RecordColumns.Size)].CopyTo(first.AsSpan(RecordColumns.Size));
        (arguments[0], arguments[1]) = (0, first);
        for (var i = 1; i < fields; i++)
        {
            var rest = write.Header[(firstBytes + ((i - 1) * RecordColumns.FieldSize))..];
            (arguments[2 * i], arguments[(2 * i) + 1]) = (i, rest[..Math.Min(RecordColumns.FieldSize, rest.Length)]);
        }
    }

    private static RedisValue FieldOf(string key)
    {
        var field = new byte[1 + Encoding.UTF8.GetByteCount(key)];
        field[0] = RecordReader.ValuePrefix;
        Encoding.UTF8.GetBytes(key, field.AsSpan(1));
        return field;
    }
}
