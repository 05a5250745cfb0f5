namespace SessionManager.AspNetCore.Rules;

/// <summary>The kind of a change of the secrets.</summary>
internal enum SessionSecretChangeKind
{
    /// <summary>The new secret replaces all other secrets at once. After a sign-in or a rotation, the record keeps the
    /// old secret as <see cref="SessionRecord.Former"/>.</summary>
    Replace = 0,

    /// <summary>The new secret becomes the next secret. The current secret stays until a request sends the next
    /// secret.</summary>
    Issue = 1,

    /// <summary>A request has sent the next secret, which becomes the current secret. The former secret still counts
    /// for <see cref="SessionLifetime.RotationTail"/>.</summary>
    Promote = 2,
}
