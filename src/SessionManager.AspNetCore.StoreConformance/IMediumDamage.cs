namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Damages records on the medium of the stores of a test.</summary>
public interface IMediumDamage
{
    /// <summary>Damages the record of a session, so that it is no whole record any more.</summary>
    /// <param name="id">The session.</param>
    Task DamageAsync(Guid id);

    /// <summary>Makes the record of a session look like a record of a newer version of the store.</summary>
    /// <param name="id">The session.</param>
    Task MakeNewerAsync(Guid id);
}
