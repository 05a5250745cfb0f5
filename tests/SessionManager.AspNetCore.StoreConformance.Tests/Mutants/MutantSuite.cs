using System.Reflection;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance.Tests.Reference;
using Xunit.Sdk;
using Xunit.v3;

namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>Runs single tests of the suite over a mutant.</summary>
internal sealed class MutantSuite(Func<Medium, TimeSpan, ISessionRecordStore> create) : ReferenceConformance(create)
{
    /// <summary>Runs a test with all its rows.</summary>
    /// <returns>Why the first row failed; <see langword="null"/> when all passed.</returns>
    public static async Task<Exception?> RunAsync(Func<Medium, TimeSpan, ISessionRecordStore> create, string name)
    {
        var method = typeof(SessionStoreConformance).GetMethod(name);
        Assert.NotNull(method);
        foreach (var row in await RowsAsync(method))
        {
            if (await Record.ExceptionAsync(() => (Task)method.Invoke(new MutantSuite(create), row)!) is { } failure)
            {
                Assert.False(failure is SkipException, "A skipped test proves nothing.");
                return failure;
            }
        }

        return null;
    }

    private static async Task<IReadOnlyList<object?[]>> RowsAsync(MethodInfo method)
    {
        if (method.GetParameters().Length == 0)
        {
            return [[]];
        }

        var rows = new List<object?[]>();
        await using var disposal = new DisposalTracker();
        foreach (var attribute in method.GetCustomAttributes().OfType<IDataAttribute>())
        {
            if (attribute is MemberDataAttributeBase member)
            {
                member.MemberType ??= method.DeclaringType;
            }

            rows.AddRange((await attribute.GetData(method, disposal)).Select(row => row.GetData()));
        }

        Assert.NotEmpty(rows);
        return rows;
    }
}
