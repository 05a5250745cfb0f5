using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Diagnostics;

/// <summary>What a server tells about itself, as far as it does.</summary>
internal sealed class ServerAnswer
{
    private const string Missing = "an answer without the field";

    private readonly string _memory;
    private readonly string _persistence;
    private readonly string _replication;
    private readonly string? _timeFault;

    private ServerAnswer(string server, RedisResult[] answers, DateTimeOffset now)
    {
        Server = server;
        (_memory, _persistence, _replication) =
            (answers[0].ToString() ?? "", answers[1].ToString() ?? "", answers[2].ToString() ?? "");
        if (answers[3].Resp2Type == ResultType.Array && (RedisValue[]?)answers[3] is [var seconds, var microseconds])
        {
            var time = DateTimeOffset.FromUnixTimeSeconds((long)seconds).AddMicroseconds((long)microseconds);
            Ahead = now - time;
        }
        else
        {
            _timeFault = answers[3].ToString();
        }
    }

    /// <summary>The address of the server.</summary>
    public string Server { get; }

    /// <summary>How far this node's clock is ahead; negative: behind; <see langword="null"/>: the server does not tell
    /// its time.</summary>
    public TimeSpan? Ahead { get; }

    /// <summary>Whether the server takes snapshots; <see langword="null"/>: it does not tell.</summary>
    public bool? TakesSnapshots { get; set; }

    public string? Policy => Field(_memory, "maxmemory_policy");

    public bool HasMaxMemory => Field(_memory, "maxmemory") is not (null or "0");

    public bool? HasAppendOnlyFile => Field(_persistence, "aof_enabled") is { } enabled ? enabled is "1" : null;

    /// <summary>Whether the server has written a snapshot since it started.</summary>
    public bool HasWrittenSnapshot => Field(_persistence, "rdb_last_bgsave_time_sec") is not (null or "-1");

    public bool? IsReplica => Field(_replication, "role") is { } role ? role is not "master" : null;

    public bool HasReplicas => Field(_replication, "connected_slaves") is not (null or "0");

    /// <summary>Whether a write needs a replica. The server shows this field only then.</summary>
    public bool DemandsReplica => Field(_replication, "min_slaves_good_slaves") is not null;

    /// <summary>Reads what <see cref="Scripts.ServerScripts.Ask"/> returns.</summary>
    /// <param name="server">The address of the server.</param>
    /// <param name="answer">What the script returned.</param>
    /// <param name="now">This node's clock at the moment at which the server read its own.</param>
    public static ServerAnswer Read(string server, RedisResult answer, DateTimeOffset now) =>
        new(server, (RedisResult[])answer!, now);

    /// <summary>What the server does not tell, and why.</summary>
    public IEnumerable<(string Unknown, string Fault)> Unknowns()
    {
        if (Policy is null)
        {
            yield return ("what it evicts", FaultOf(_memory));
        }

        if (HasAppendOnlyFile is null)
        {
            yield return ("what it keeps", FaultOf(_persistence));
        }

        if (IsReplica is null)
        {
            yield return ("its replicas", FaultOf(_replication));
        }

        if (Ahead is null)
        {
            yield return ("its time", _timeFault ?? Missing);
        }
    }

    private static string FaultOf(string text) => text.StartsWith('#') || text.Length == 0 ? Missing : text;

    private static string? Field(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line[name.Length..] is [':', .. var value])
            {
                return value.Trim().ToString();
            }
        }

        return null;
    }
}
