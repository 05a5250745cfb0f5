using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using SessionManager.AspNetCore.Benchmarks;

switch (args)
{
    case ["quick", .. var rest]:
        await QuickComparison.RunAsync(signedIn: rest is ["signed-in"]);
        break;
    case ["memory", .. var rest]:
        await MemoryFootprint.RunAsync(rest.Length == 0 ? 1_000_000 : int.Parse(rest[0], CultureInfo.InvariantCulture));
        break;
    case ["sqlite"]:
        await SqliteComparison.RunAsync();
        break;
    case ["postgresql"]:
        await PostgreSqlBounds.RunAsync();
        break;
    case [] or ["pipeline" or "growth" or "records" or "stores"]:
        // All, or one.
        Dictionary<string, Action> tables = new(StringComparer.Ordinal)
        {
            ["pipeline"] = () => PipelineBenchmarks.Write(Run<PipelineBenchmarks>(iterations: 15)),
            ["growth"] = () => GrowthBenchmarks.Write(Run<GrowthBenchmarks>(iterations: 10)),
            ["records"] = () => RecordBenchmarks.Write(Run<RecordBenchmarks>(iterations: 6)),
            ["stores"] = () => StoreBenchmarks.Write(Run<StoreBenchmarks>(iterations: 10)),
        };
        foreach (var (_, run) in tables.Where(table => args.Length == 0 || args[0] == table.Key))
        {
            run();
        }

        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(PipelineBenchmarks).Assembly).Run(args, Configuration(iterations: 15));
        break;
}

static Summary Run<T>(int iterations) => BenchmarkRunner.Run<T>(Configuration(iterations));

// In this process: what BenchmarkDotNet generates otherwise is built by the repository's rules, which are not meant for
// it.
static IConfig Configuration(int iterations) => DefaultConfig.Instance
    .AddJob(Job.Default
        .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: false))
        .WithWarmupCount(Math.Min(6, iterations))
        .WithIterationCount(iterations))
    .WithOptions(ConfigOptions.DisableLogFile);
