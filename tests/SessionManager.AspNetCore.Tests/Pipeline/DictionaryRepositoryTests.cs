using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Sessions in a dictionary, which has compare-and-set and no feature beside.</summary>
public sealed class DictionaryRepositoryTests : SessionRepositoryTests
{
    private readonly DictionarySessionStore _store = new();

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => _store;
}
