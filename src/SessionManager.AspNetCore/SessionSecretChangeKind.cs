namespace SessionManager.AspNetCore;

/// <summary>What is done with a new secret.</summary>
public enum SessionSecretChangeKind
{
    /// <summary>It is the only one from now on: the old one is dead at once, and so are a next and a previous one. When the commit signs a user
    /// in, the record keeps the old one as <see cref="SessionRecord.ReplacedSecretHash"/> for <see cref="SessionLifetime.RotationTail"/>.</summary>
    Replace = 0,

    /// <summary>It becomes the next one, and the current one stays until the next is seen.</summary>
    Issue = 1,

    /// <summary>It is the next one, and was seen: it becomes the current one, and what was current the previous one, for
    /// <see cref="SessionLifetime.RotationTail"/>.</summary>
    Promote = 2,
}
