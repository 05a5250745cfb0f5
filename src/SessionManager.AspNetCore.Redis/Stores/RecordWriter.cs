using System.Text;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Writes and touches as the arguments of <see cref="RecordScripts"/>.</summary>
internal static class RecordWriter
{
    /// <summary>The script that a write needs.</summary>
    public static string ScriptFor(SessionWrite write) =>
        write.DropsValues && (write.IsTombstone || write.ExpectedVersion != 0) ? RecordScripts.Replace
        : MustGetThrough(write) ? RecordScripts.SwapWithoutMemory
        : write.ExpectedVersion == 0 ? RecordScripts.Begin
        : RecordScripts.Swap;

    /// <summary>The arguments of the scripts that swap.</summary>
    /// <param name="write">The write.</param>
    /// <param name="expected">The version that must be stored, empty: there must be none.</param>
    public static RedisValue[] Write(SessionWrite write, RedisValue expected)
    {
        var drops = write.DropsValues || write.ExpectedVersion == 0;
        // The script sets one field at least.
        var keepsHeader = write is { KeepsHeader: true, MovesIndex: false }
            && !drops && write.Values.Any(static it => it.Value is not null);
        List<RedisValue> arguments = new(16 + (2 * write.Values.Count))
        {
            expected,
            write.NewVersion,
            write.LastSeenAt.ToUnixTimeMilliseconds(),
            Milliseconds(write.TimeToLive),
            RedisValue.EmptyString,
            RedisValue.EmptyString,
        };
        var (surplusAt, removedAt) = (4, 5);
        foreach (var (key, value) in write.Values)
        {
            if (value is null && !drops)
            {
                arguments.Add(FieldOf(key));
            }
        }

        arguments[removedAt] = arguments.Count - removedAt - 1;
        if (!keepsHeader)
        {
            var fields = AddHeader(arguments, write);
            arguments[surplusAt] = drops ? RedisValue.EmptyString : fields;
        }

        foreach (var (key, value) in write.Values)
        {
            if (value is { } bytes)
            {
                arguments.Add(FieldOf(key));
                arguments.Add(bytes);
            }
        }

        return [.. arguments];
    }

    /// <summary>The arguments of the script that touches.</summary>
    public static RedisValue[] Write(SessionTouch touch, LocalCopy? copy) =>
    [
        touch.LastSeenAt.ToUnixTimeMilliseconds(),
        touch.NewVersion,
        Milliseconds(touch.TimeToLive),
        .. copy is null ? (RedisValue[])[] : [copy.Content],
    ];

    /// <summary>Whether a write is applied although the server is out of memory: it ends a session, or stores no value
    /// in one that there is, as a sign-out does.</summary>
    public static bool MustGetThrough(SessionWrite write) =>
        write.IsTombstone || (write.ExpectedVersion != 0 && write.Values.All(static it => it.Value is null));

    // A time to live of 0 would remove the key.
    private static RedisValue Milliseconds(TimeSpan time) => Math.Max(1, (long)time.TotalMilliseconds);

    // Adds columns and header, cut into fields, and returns the number of these.
    private static int AddHeader(List<RedisValue> arguments, SessionWrite write)
    {
        var bytes = new byte[RecordColumns.Size + write.Header.Length];
        RecordColumns.Of(write).Write(bytes);
        write.Header.CopyTo(bytes.AsMemory(RecordColumns.Size));
        var fields = (bytes.Length / RecordColumns.FieldSize) + 1;
        for (var i = 0; i < fields; i++)
        {
            var rest = bytes.AsMemory(i * RecordColumns.FieldSize);
            arguments.Add(i);
            arguments.Add(rest[..Math.Min(RecordColumns.FieldSize, rest.Length)]);
        }

        return fields;
    }

    private static RedisValue FieldOf(string key)
    {
        var field = new byte[1 + Encoding.UTF8.GetByteCount(key)];
        field[0] = RecordReader.ValuePrefix;
        Encoding.UTF8.GetBytes(key, field.AsSpan(1));
        return field;
    }
}
