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
    case []:
        PipelineBenchmarks.Write(Run<PipelineBenchmarks>());
        GrowthBenchmarks.Write(Run<GrowthBenchmarks>());
        RecordBenchmarks.Write(Run<RecordBenchmarks>());
        StoreBenchmarks.Write(Run<StoreBenchmarks>());
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(PipelineBenchmarks).Assembly).Run(args, Configuration());
        break;
}

static Summary Run<T>() => BenchmarkRunner.Run<T>(Configuration());

// In this process: what BenchmarkDotNet generates otherwise is built by the repository's rules, which are not meant for it.
static IConfig Configuration() => DefaultConfig.Instance
    .AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: false)).WithWarmupCount(6).WithIterationCount(15))
    .WithOptions(ConfigOptions.DisableLogFile);
