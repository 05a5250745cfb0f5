namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A stored session in the model: what it is, whose, and which token opens it.</summary>
internal sealed class ModelRecord(ModelSession session)
{
    public ModelSession Session => session;

    /// <summary>Moves with every change of user.</summary>
    public int Generation { get; private set; }

    /// <summary>The token that replaced all before it.</summary>
    public int Current { get; private set; }

    /// <summary>A second click's token, which has not been seen yet.</summary>
    public int? Next { get; private set; }

    /// <summary>The one that was current until the next was seen. The clock stands still, so it opens the session for good.</summary>
    public int? Previous { get; private set; }

    /// <summary>The one that the last sign-in replaced.</summary>
    public int? Replaced { get; private set; }

    /// <summary>The one that the last rotation replaced, while somebody is signed in.</summary>
    public int? Rotated { get; private set; }

    public bool Ended { get; private set; }

    private int Newest { get; set; }

    public void End() => Ended = true;

    public bool Opens(int secret) => !Ended && (secret == Current || secret == Next || secret == Previous);

    /// <summary>Whether a sign-in of the user may go on in the session, though its token was replaced.</summary>
    public bool Recognises(int secret) => !Ended && secret == Replaced && session.User is not null;

    /// <summary>Whether a sign-out or an end is carried out, though its token was replaced.</summary>
    public bool MayEnd(int secret) => !Ended && (secret == Replaced || secret == Rotated) && session.User is not null;

    /// <summary>Whether a change that was decided on this token may replace it.</summary>
    public bool Accepts(int secret) => secret == Current || secret == Next || secret == Previous;

    /// <summary>A request brings a token.</summary>
    public void See(int secret)
    {
        if (!Ended && secret == Next)
        {
            (Current, Previous, Next, Replaced, Rotated) = (secret, Current, null, null, null);
        }
    }

    /// <summary>A token replaces all others.</summary>
    public int Replace(int secret, bool signsIn, bool rotates)
    {
        (Current, Next, Previous) = (++Newest, null, null);
        (Replaced, Rotated) = (signsIn ? secret : null, rotates && session.User is not null ? secret : null);
        return Current;
    }

    /// <summary>A token opens the session beside the current one.</summary>
    public int Share()
    {
        Next = ++Newest;
        return Newest;
    }

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
