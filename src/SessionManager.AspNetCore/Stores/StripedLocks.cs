namespace SessionManager.AspNetCore.Stores;

/// <summary>A fixed number of locks, shared by all keys. The holder never waits, so sharing costs next to
/// nothing.</summary>
internal sealed class StripedLocks
{
    private const int Count = 64;

    private readonly Lock[] _locks = [.. Enumerable.Range(0, Count).Select(_ => new Lock())];

    /// <summary>The lock of a key.</summary>
    public Lock Of(Guid key) => _locks[(uint)key.GetHashCode() % Count];
}
