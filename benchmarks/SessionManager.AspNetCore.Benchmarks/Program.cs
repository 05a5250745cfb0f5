using BenchmarkDotNet.Running;
using SessionManager.AspNetCore.Benchmarks;

if (args is ["quick", ..])
{
    await QuickComparison.RunAsync(args);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(RequestPipeline).Assembly).Run(args);
