namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>What a session is by the rules of the design, without anything at the same time: calls take effect in order.</summary>
internal sealed class ModelSession
{
    private readonly SortedDictionary<string, string> _values;

    public ModelSession() => _values = new(StringComparer.Ordinal);

    private ModelSession(ModelSession other)
    {
        (User, Owner) = (other.User, other.Owner);
        _values = new(other._values, StringComparer.Ordinal);
    }

    public string? User { get; private set; }

    /// <summary>The user it belongs or last belonged to.</summary>
    public string? Owner { get; private set; }

    public IReadOnlyDictionary<string, string> Values => _values;

    public bool HasContent => User is not null || _values.Count > 0;

    public ModelSession Copy() => new(this);

    /// <summary>Whether a call does anything to this session.</summary>
    public bool IsAffectedBy(ScriptCall call) => call.Verb switch
    {
        "remove" => _values.ContainsKey(call.Key),
        "out" => User is not null,
        _ => true,
    };

    /// <summary>Applies a call.</summary>
    /// <returns>Whether the session is somebody else's, or nobody's, after it.</returns>
    public bool Apply(ScriptCall call)
    {
        var before = User;
        switch (call.Verb)
        {
            case "set":
                _values[call.Key] = call.Value;
                break;
            case "remove":
                _values.Remove(call.Key);
                break;
            case "in":
                if (Owner is not null && !string.Equals(Owner, call.Key, StringComparison.Ordinal))
                {
                    _values.Clear();
                }

                (User, Owner) = (call.Key, call.Key);
                break;
            case "out":
                User = null;
                break;
            case "rotate":
                break;
            default:
                throw new ArgumentException($"'{call.Verb}' is no call on one session.", nameof(call));
        }

        return !string.Equals(before, User, StringComparison.Ordinal);
    }

    /// <summary>As <see cref="ScriptedApp"/> shows it.</summary>
    public override string ToString() => $"{User ?? "nobody"}:{string.Concat(_values.Select(entry => $" {entry.Key}={entry.Value}"))}";
}
