namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Spoils records on the medium behind the stores of a test.</summary>
public interface IMediumDamage
{
    /// <summary>Spoils what is stored for a session, so that it is no whole record any more.</summary>
    /// <param name="id">The session.</param>
    Task DamageAsync(Guid id);

    /// <summary>Makes what is stored for a session look written by a newer version of the store.</summary>
    /// <param name="id">The session.</param>
    Task MakeNewerAsync(Guid id);
}
