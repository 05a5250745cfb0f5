namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A step of an interleaving: a request begins, that is, loads its session and runs its calls, or one ends, that is,
/// saves. Numbers pick among what there is at that point, so that every sequence of steps means something.</summary>
/// <param name="Begins">Whether it begins one.</param>
/// <param name="Pick">Which token it begins with (none as well), or which of the running requests ends.</param>
/// <param name="Calls">The calls it makes.</param>
/// <param name="Then">A call that saves at once, made when it ends; empty for none.</param>
internal sealed record ModelStep(bool Begins, int Pick, string Calls, string Then)
{
    public override string ToString() => Begins ? $"begin {Pick} [{Calls}] then [{Then}]" : $"end {Pick}";
}
