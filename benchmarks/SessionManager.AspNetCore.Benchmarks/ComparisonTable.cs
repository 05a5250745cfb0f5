namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>What each side adds to a request without a session, in time and in bytes. The figures of ours are multiples
/// of the floor's as well: those hold on other machines.</summary>
internal sealed class ComparisonTable
{
    private readonly ResultTable _table = new(
        "request",
        "no session",
        "floor adds",
        "built-in adds",
        "ours adds",
        "ours / floor",
        "built-in / ours",
        "bytes: floor adds",
        "built-in adds",
        "ours adds",
        "ours / floor",
        "built-in / ours");

    /// <summary>Adds a kind of request.</summary>
    /// <param name="scenario">What the request does.</param>
    /// <param name="times">The nanoseconds of a request, by <see cref="Side"/>.</param>
    /// <param name="bytes">The bytes that a request allocates, by <see cref="Side"/>.</param>
    public void Add(Scenario scenario, double[] times, double[] bytes)
    {
        var (floor, builtIn, ours) = Added(times);
        var (floorBytes, builtInBytes, oursBytes) = Added(bytes);

        // Without a cookie the floor looks at one header, which is too little to divide by.
        var hasFloor = scenario != Scenario.NoCookie;
        _table.Add(
            $"{NameOf(scenario)}",
            $"{times[0]:0} ns",
            $"{floor:0} ns",
            $"{builtIn:0} ns",
            $"{ours:0} ns",
            hasFloor ? (FormattableString)$"**{ours / floor:0.00}**" : $"-",
            $"**{builtIn / ours:0.0}**",
            $"{floorBytes:0}",
            $"{builtInBytes:0}",
            $"{oursBytes:0}",
            hasFloor ? (FormattableString)$"**{oursBytes / floorBytes:0.00}**" : $"-",
            $"**{builtInBytes / oursBytes:0.0}**");
    }

    /// <inheritdoc cref="ResultTable.Write"/>
    public void Write(string name) => _table.Write(name);

    private static (double Floor, double BuiltIn, double Ours) Added(double[] figures) => (
        figures[(int)Side.Floor] - figures[(int)Side.Bare],
        figures[(int)Side.BuiltIn] - figures[(int)Side.Bare],
        figures[(int)Side.Ours] - figures[(int)Side.Bare]);

    private static string NameOf(Scenario scenario) => scenario switch
    {
        Scenario.NoCookie => "without a cookie",
        Scenario.Untouched => "that leaves its session alone",
        Scenario.Read => "that reads one of ten values",
        _ => "that changes one of ten values",
    };
}
