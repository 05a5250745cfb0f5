using System.Globalization;

namespace SessionManager.AspNetCore.Redis.Diagnostics;

/// <summary>Which answers of the primaries weaken the promises of the store, and what an operator should do.</summary>
internal static class ConditionRules
{
    // A session's times are minutes.
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<Condition> Find(IReadOnlyList<ServerAnswer> answers, bool haveParts)
    {
        Condition?[] found =
        [
            Eviction(answers), Persistence(answers), Replicas(answers), Clock(answers), Primaries(answers, haveParts),
        ];
        return [.. found.OfType<Condition>()];
    }

    private static Condition? Eviction(IReadOnlyList<ServerAnswer> answers)
    {
        var evicting = answers.Where(static it => it.Policy is not (null or "noeviction")).ToList();
        if (evicting is not [var first, ..])
        {
            return null;
        }

        var when = first.HasMaxMemory ? "when its memory is full" : "as soon as it has a maxmemory";
        return Of(
            ConditionKind.Eviction,
            evicting,
            $"Redis evicts sessions and their index entries {when} (maxmemory-policy '{first.Policy}'): users are "
            + "signed out, and RevokeUserAsync and MaxSessionsPerUser can miss sessions that live. Set "
            + "maxmemory-policy to noeviction.");
    }

    private static Condition? Persistence(IReadOnlyList<ServerAnswer> answers)
    {
        var forgetful = answers
            .Where(static it => it.HasAppendOnlyFile == false && !(it.TakesSnapshots ?? it.HasWrittenSnapshot))
            .ToList();
        if (forgetful is not [var first, ..])
        {
            return null;
        }

        var snapshots = first.TakesSnapshots == false
            ? "takes no snapshots"
            : "has written no snapshot since it started";
        return Of(
            ConditionKind.Persistence,
            forgetful,
            $"Redis keeps nothing on disk: it has no AOF, and {snapshots}. Its restart signs everybody out. Set "
            + "appendonly to yes.");
    }

    private static Condition? Replicas(IReadOnlyList<ServerAnswer> answers)
    {
        var careless = answers.Where(static it => it is { IsReplica: false, HasReplicas: true, DemandsReplica: false })
            .ToList();
        return careless.Count == 0 ? null : Of(
            ConditionKind.Replicas,
            careless,
            "Redis has replicas, and acknowledges writes that no replica has (min-replicas-to-write 0): a failover can "
            + "lose acknowledged writes, and bring back sessions that were ended. Set min-replicas-to-write to 1.");
    }

    private static Condition? Clock(IReadOnlyList<ServerAnswer> answers)
    {
        var off = answers.Where(static it => it.Ahead?.Duration() > MostSkew)
            .OrderByDescending(static it => it.Ahead!.Value.Duration())
            .ToList();
        if (off is not [{ Ahead: { } ahead }, ..])
        {
            return null;
        }

        var how = ahead > TimeSpan.Zero
            ? "ahead of Redis's, so the node ends sessions too early, for good"
            : "behind Redis's, so the node ends sessions too late";
        return Of(
            ConditionKind.Clock,
            off,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The clock of this node is {ahead.Duration().TotalSeconds:0} s {how}. Synchronize the clocks of the "
                + $"nodes and of Redis."));
    }

    private static Condition? Primaries(IReadOnlyList<ServerAnswer> answers, bool haveParts) =>
        haveParts || answers.Count < 2 ? null : Of(
            ConditionKind.Primaries,
            answers,
            "The connection has several primaries and is no cluster: no session is served until one is left, because "
            + "an old primary still has what was revoked. Name the servers of one primary, and allow INFO (ACL: "
            + "+info), by which StackExchange.Redis tells replicas.");

    private static Condition Of(ConditionKind kind, IEnumerable<ServerAnswer> answers, string text) =>
        new(kind, text, string.Join(", ", answers.Select(static it => it.Server).Order(StringComparer.Ordinal)));
}
