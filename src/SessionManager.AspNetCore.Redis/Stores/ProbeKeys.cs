using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Keys under which a probe reaches each server that keeps sessions.</summary>
internal static class ProbeKeys
{
    private const int Slots = 16_384;

    // A server of a single slot is missed once in e^16 times.
    private const int MostTries = 16 * Slots;

    /// <summary>One key, and on a cluster one for each primary, and one for the slots that no primary has.</summary>
    public static IReadOnlyList<string> Of(IConnectionMultiplexer multiplexer, string prefix)
    {
        var nodes = multiplexer.GetServers()
            .Where(static server => server.IsConnected)
            .Select(static server => server.ClusterConfiguration)
            .FirstOrDefault(static configuration => configuration is not null)?
            .Nodes.Where(static node => !node.IsReplica)
            .ToList();
        if (nodes is null)
        {
            return [Next()];
        }

        var owners = new int[Slots];
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var range in nodes[i].Slots)
            {
                Array.Fill(owners, i + 1, range.From, range.To - range.From + 1);
            }
        }

        var missing = owners.ToHashSet();
        if (multiplexer.HashSlot(prefix + "{a") == multiplexer.HashSlot(prefix + "{b"))
        {
            // Braces in the prefix: sessions have one slot.
            return [Next()];
        }

        var keys = new List<string>();
        for (var i = 0; i < MostTries && missing.Count > 0; i++)
        {
            var key = Next();
            if (missing.Remove(owners[multiplexer.HashSlot(key)]))
            {
                keys.Add(key);
            }
        }

        return keys;

        string Next() => string.Concat(prefix, "probe:", Guid.NewGuid().ToString("N"));
    }
}
