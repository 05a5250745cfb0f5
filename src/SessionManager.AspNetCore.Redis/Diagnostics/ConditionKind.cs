namespace SessionManager.AspNetCore.Redis.Diagnostics;

internal enum ConditionKind
{
    Eviction,
    Persistence,
    Replicas,
    Clock,
    Primaries,
}
