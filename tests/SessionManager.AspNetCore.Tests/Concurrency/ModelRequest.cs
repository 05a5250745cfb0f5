namespace SessionManager.AspNetCore.Tests.Concurrency;

/// <summary>A request in the model: what it loaded, what it did to that, and what becomes of it when it ends. The rules are those
/// of sections 6 and 7 of the design: a save is whole and has the effect its calls would have if they ran at that moment, or
/// it is refused because the session ended or went over to another identity.</summary>
internal sealed class ModelRequest
{
    private readonly ModelRecord? _loaded;
    private readonly int _generation;
    private readonly int _secret;
    private readonly string? _ownerAtLoad;
    private readonly string? _userAtLoad;
    private readonly List<ScriptCall> _calls = [];
    private readonly ScriptCall? _then;
    private readonly bool _ends;
    private ModelSession _view;
    private readonly bool _thenSees;

    /// <summary>The request begins: it loads and makes its calls.</summary>
    /// <param name="loaded">The session its token opens, if it opens one.</param>
    /// <param name="calls">Its calls.</param>
    /// <param name="then">The call it makes when it ends.</param>
    public ModelRequest(ModelRecord? loaded, IEnumerable<ScriptCall> calls, ScriptCall? then)
    {
        (_loaded, _then) = (loaded, then);
        (_generation, _secret) = (loaded?.Generation ?? 0, loaded?.Secret ?? 0);
        (_userAtLoad, _ownerAtLoad) = (loaded?.Session.User, loaded?.Session.Owner);
        _view = loaded?.Session.Copy() ?? new ModelSession();
        foreach (var call in calls)
        {
            if (call.Verb == "destroy")
            {
                (_view, _ends) = (new ModelSession(), _ends || loaded is not null);
                _calls.Clear();
            }
            else if (_view.IsAffectedBy(call))
            {
                _view.Apply(call);
                _calls.Add(call);
            }
        }

        _thenSees = then is not null && _view.Values.ContainsKey(then.Key);
    }

    /// <summary>Whether the request was refused.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>The session whose new token the response carries, if it does.</summary>
    public ModelRecord? Issued { get; private set; }

    /// <summary>Whether the response expires the cookie.</summary>
    public bool ExpiresCookie { get; private set; }

    private bool SignsIn => _calls.FindLast(call => call.Verb is "in" or "out") is { Verb: "in" };

    private bool SignsOut => _calls.Exists(call => call.Verb == "out");

    /// <summary>The request ends: it saves.</summary>
    public void Finish()
    {
        if (_ends)
        {
            _loaded!.End();
            ExpiresCookie = true;
        }

        if (_loaded is null || _ends)
        {
            Begin(_view);
        }
        else if (_then is not null)
        {
            Exchange(_loaded, _then);
        }
        else if (_calls.Count > 0)
        {
            Save(_loaded);
        }
    }

    private void Begin(ModelSession session)
    {
        if (_then is { Verb: "add" } add)
        {
            session.Apply(new ScriptCall("set", add.Key, "1"));
        }

        if (session.HasContent)
        {
            (Issued, ExpiresCookie) = (new ModelRecord(session), false);
        }
    }

    private void Exchange(ModelRecord record, ScriptCall call)
    {
        if (call.Verb == "take" && !_thenSees)
        {
            return;
        }

        if (record.Ended || record.Generation != _generation)
        {
            IsRefused = true;
            return;
        }

        record.Apply([call.Verb == "take"
            ? new ScriptCall("remove", call.Key, "")
            : new ScriptCall("set", call.Key, $"{int.Parse(record.Session.Values.GetValueOrDefault(call.Key, "0"), System.Globalization.CultureInfo.InvariantCulture) + 1}")]);
    }

    private void Save(ModelRecord record)
    {
        var moved = record.Ended || record.Generation != _generation;
        var outrun = record.Secret != _secret;
        if (!moved && !(outrun && (SignsIn || SignsOut)))
        {
            record.Apply(_calls);
            if (SignsIn || SignsOut || (!outrun && _calls.Exists(call => call.Verb == "rotate")))
            {
                record.Rotate();
                Issued = record;
            }
        }
        else if (SignsIn || SignsOut)
        {
            SaveAnyway(record);
        }
        else
        {
            IsRefused = true;
        }
    }

    /// <summary>A sign-in begins a session of its own. A sign-out is carried out if that user is still signed in; since this
    /// request's token is dead by now, nobody gets the session's new one.</summary>
    private void SaveAnyway(ModelRecord record)
    {
        if (SignsOut && !record.Ended && record.Session.User is not null && record.Session.User == _userAtLoad)
        {
            record.Apply([new ScriptCall("out", "", "")]);
            record.Rotate();
        }

        if (SignsIn)
        {
            var carries = !record.Ended && (_ownerAtLoad is null || _ownerAtLoad == _view.User);
            Issued = new ModelRecord(carries ? _view : OwnChanges());
        }
    }

    private ModelSession OwnChanges()
    {
        var own = new ModelSession();
        foreach (var key in _calls.Where(call => call.Verb == "set" && _view.Values.ContainsKey(call.Key)).Select(call => call.Key))
        {
            own.Apply(new ScriptCall("set", key, _view.Values[key]));
        }

        own.Apply(new ScriptCall("in", _view.User!, ""));
        return own;
    }
}
