using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The terms on which a sign-in may be saved. The default is a sign-in without a limit.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct SignInAdmission
{
    /// <summary>The user whose sessions are limited; <see langword="null"/> when there is no limit.</summary>
    public string? UserId { get; init; }

    /// <summary>The position of the session among the user's sessions.</summary>
    public long? Order { get; init; }

    /// <summary>The session with the claim of this sign-in, in which the sign-in is saved; <see langword="null"/> when
    /// there is no claim.</summary>
    public SessionRecord? Claimed { get; init; }

    /// <summary>The session that an earlier try of the same sign-in has saved; <see langword="null"/> when there is
    /// none.</summary>
    public SessionRecord? Applied { get; init; }

    /// <summary>The reason why the session could not be claimed.</summary>
    public SessionCommitOutcome Refusal { get; init; }

    /// <summary>Whether the sessions beyond the limit are ended after the sign-in is saved.</summary>
    public bool EndsOldest => UserId is not null && Claimed is null;
}
