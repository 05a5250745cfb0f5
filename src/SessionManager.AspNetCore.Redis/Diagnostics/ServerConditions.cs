using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Redis.Stores;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Diagnostics;

/// <summary>Asks the primaries what weakens the promises of the store, and logs what begins and what ends.</summary>
internal sealed class ServerConditions(
    RedisConnection connection, TimeProvider clock, ILogger<ServerConditions> logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ConditionKind, Condition> _known = [];
    private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);

    /// <summary>Asks all primaries that are connected.</summary>
    public async Task<IReadOnlyList<Condition>> FindAsync()
    {
        var primaries = PrimarySearch.PrimariesOf(await connection.GetMultiplexerAsync());
        var answers = (await Task.WhenAll(primaries.Select(AskAsync))).OfType<ServerAnswer>().ToList();
        if (answers.Any(static answer => answer.IsReplica == true))
        {
            connection.SearchPrimaries();
        }

        var found = ConditionRules.Find(answers, primaries.Any(PrimarySearch.HasPart));
        Report(found, areAll: answers.Count > 0 && answers.Count == primaries.Count);
        foreach (var (unknown, fault) in answers.SelectMany(static answer => answer.Unknowns()))
        {
            ReportUnknown(unknown, fault);
        }

        return found;
    }

    private async Task<ServerAnswer?> AskAsync(IServer server)
    {
        var (now, started) = (clock.GetUtcNow(), Stopwatch.GetTimestamp());
        try
        {
            var answer = await server.ExecuteAsync("EVAL", ServerScripts.Ask, 0);
            // The server read its clock half a round trip ago.
            now += Stopwatch.GetElapsedTime(started) / 2;
            var read = ServerAnswer.Read(ConnectionLog.TextOf(server.EndPoint), answer, now);
            read.TakesSnapshots = read.HasAppendOnlyFile == false ? await TakesSnapshotsAsync(server) : null;
            return read;
        }
        catch (Exception exception) when (exception is RedisServerException or RedisCommandException)
        {
            ReportUnknown("what it evicts and keeps, its replicas and its time", exception.Message);
            return null;
        }
    }

    // Refused on a connection without allowAdmin, and where the user may not.
    private static async Task<bool?> TakesSnapshotsAsync(IServer server)
    {
        try
        {
            return await server.ConfigGetAsync("save") is [var save, ..] ? save.Value.Length > 0 : null;
        }
        catch (Exception exception) when (exception is RedisServerException or RedisCommandException)
        {
            return null;
        }
    }

    private void Report(IReadOnlyList<Condition> found, bool areAll)
    {
        lock (_lock)
        {
            foreach (var condition in found)
            {
                if (_known.TryAdd(condition.Kind, condition))
                {
                    Begin(condition);
                }
            }

            foreach (var (kind, condition) in areAll ? _known.ToList() : [])
            {
                if (found.All(it => it.Kind != kind))
                {
                    _known.Remove(kind);
                    logger.ConditionEnded(condition.Text);
                }
            }
        }
    }

    private void Begin(Condition condition)
    {
        var (text, servers) = (condition.Text, condition.Servers);
        switch (condition.Kind)
        {
            case ConditionKind.Eviction:
                logger.Evicts(text, servers);
                break;
            case ConditionKind.Persistence:
                logger.KeepsNothing(text, servers);
                break;
            case ConditionKind.Replicas:
                logger.DemandsNoReplica(text, servers);
                break;
            case ConditionKind.Clock:
                logger.ClockIsOff(text, servers);
                break;
            default:
                logger.SeveralPrimaries(text, servers);
                break;
        }
    }

    private void ReportUnknown(string unknown, string fault)
    {
        lock (_lock)
        {
            if (_unknown.Add(unknown))
            {
                // A server may repeat the script behind this.
                logger.Unknown(unknown, fault.Split(", with args", 2)[0]);
            }
        }
    }
}
