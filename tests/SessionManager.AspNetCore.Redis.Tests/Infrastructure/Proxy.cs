using System.Reflection;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>An interface whose calls go through a function.</summary>
public class Proxy : DispatchProxy
{
    private Func<MethodInfo, object?[]?, object?>? _call;

    public static T Over<T>(T real, Func<MethodInfo, object?[]?, object?> call)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(real);
        var proxy = Create<T, Proxy>();
        ((Proxy)(object)proxy)._call = call;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _call!(targetMethod!, args);
}
