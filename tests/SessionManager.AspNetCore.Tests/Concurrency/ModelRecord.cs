namespace SessionManager.AspNetCore.Tests.Concurrency;

/// <summary>A stored session in the model: what it is, whose, and which token opens it.</summary>
internal sealed class ModelRecord(ModelSession session)
{
    public ModelSession Session => session;

    /// <summary>Moves with every change of user.</summary>
    public int Generation { get; private set; }

    /// <summary>Moves with every new token.</summary>
    public int Secret { get; private set; }

    public bool Ended { get; private set; }

    public void End() => Ended = true;

    public void Rotate() => Secret++;

    public void Apply(IEnumerable<ScriptCall> calls)
    {
        var moved = false;
        foreach (var call in calls)
        {
            moved |= session.Apply(call);
        }

        Generation += moved ? 1 : 0;
    }
}
