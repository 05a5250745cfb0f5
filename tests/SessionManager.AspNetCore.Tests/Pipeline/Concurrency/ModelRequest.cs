namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A request in the model: what it loaded, what it did to that, and what becomes of it when it ends. The rules are those
/// of sections 6 and 7 of the design: a save is whole and has the effect its calls would have if they ran at that moment, or
/// it is refused because the session ended or went over to another identity.</summary>
internal sealed class ModelRequest
{
    private readonly int _generation;
    private readonly int _secret;
    private readonly List<ScriptCall> _calls = [];
    private readonly SortedDictionary<string, string?> _delta = new(StringComparer.Ordinal);
    private readonly ScriptCall? _then;
    private readonly bool _ends;
    private readonly bool _thenSees;
    private readonly string? _endableUser;
    private ModelRecord? _loaded;
    private string? _ownerAtLoad;
    private string? _userAtLoad;
    private ModelSession _view;
    private bool _goesOn;
    private ModelRecord? _endsReplaced;
    private bool _destroysReplaced;
    private bool _changesUser;

    /// <summary>The request begins: it loads and makes its calls.</summary>
    /// <param name="loaded">The session its token opens, if it opens one.</param>
    /// <param name="recognised">The session whose last sign-in replaced its token, if there is one.</param>
    /// <param name="endable">The session whose user has only just replaced its token, if there is one.</param>
    /// <param name="calls">Its calls.</param>
    /// <param name="then">The call it makes when it ends.</param>
    public ModelRequest(ModelRecord? loaded, ModelRecord? recognised, ModelRecord? endable, IEnumerable<ScriptCall> calls, ScriptCall? then)
    {
        (_loaded, _then) = (loaded, then);
        (_generation, _secret) = ((loaded ?? recognised)?.Generation ?? 0, (loaded ?? recognised)?.Current ?? 0);
        (_userAtLoad, _ownerAtLoad) = (loaded?.Session.User, loaded?.Session.Owner);
        _endableUser = endable?.Session.User;
        _view = loaded?.Session.Copy() ?? new ModelSession();
        foreach (var call in calls)
        {
            if (endable is not null && !_goesOn && (call.Verb == "destroy" || (call.Verb == "out" && _view.User is null)))
            {
                (_endsReplaced, _destroysReplaced) = (endable, _destroysReplaced || call.Verb == "destroy");
            }

            if (call.Verb == "destroy")
            {
                (_view, _ends) = (new ModelSession(), _ends || _loaded is not null);
                _calls.Clear();
                _delta.Clear();
                (_goesOn, _changesUser) = (false, false);
            }
            else if (_view.IsAffectedBy(call))
            {
                if (call.Verb == "in")
                {
                    Recognise(recognised, call.Key);
                }

                Make(call);
            }
        }

        _thenSees = then is not null && _view.Values.ContainsKey(then.Key);
    }

    /// <summary>Whether the request was refused.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>The session whose new token the response carries, if it does.</summary>
    public ModelRecord? Issued { get; private set; }

    /// <summary>Which of its tokens.</summary>
    public int IssuedSecret { get; private set; }

    /// <summary>Whether the response expires the cookie.</summary>
    public bool ExpiresCookie { get; private set; }

    private bool SignsIn => _calls.FindLast(call => call.Verb is "in" or "out") is { Verb: "in" };

    private bool SignsOut => _calls.Exists(call => call.Verb == "out");

    private bool Shares => _goesOn && SignsIn && !SignsOut && _view.User == _userAtLoad;

    /// <summary>The request ends: it saves.</summary>
    public void Finish()
    {
        if (_endsReplaced is { } replaced)
        {
            EndReplaced(replaced);
        }

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

    private void EndReplaced(ModelRecord replaced)
    {
        if (_destroysReplaced)
        {
            replaced.End();
        }
        else if (!replaced.Ended && replaced.Session.User is not null && replaced.Session.User == _endableUser)
        {
            replaced.Apply([new ScriptCall("out", "", "")]);
            replaced.Replace(_secret, signsIn: false, rotates: false);
        }
    }

    // A second click goes on in the session of the first; but not if it turns out to be another user's.
    private void Recognise(ModelRecord? recognised, string user)
    {
        if (Shares && _view.User != user)
        {
            (_loaded, _goesOn, _view) = (null, false, new ModelSession());
            _calls.Clear();
            _delta.Clear();
        }
        else if (_loaded is null && !_changesUser && recognised is { Session.User: { } known } && known == user)
        {
            (_loaded, _goesOn, _view) = (recognised, true, recognised.Session.Copy());
            (_userAtLoad, _ownerAtLoad) = (known, known);
            _calls.Clear();
            foreach (var (key, value) in _delta.ToList())
            {
                Make(new ScriptCall("set", key, value!));
            }
        }
    }

    private void Make(ScriptCall call)
    {
        var empties = call.Verb == "in" && _view.Owner is { } owner && owner != call.Key;
        _view.Apply(call);
        _calls.Add(call);
        _changesUser |= call.Verb is "in" or "out";
        if (empties)
        {
            _delta.Clear();
        }
        else if (call.Verb == "set")
        {
            _delta[call.Key] = call.Value;
        }
        else if (call.Verb == "remove" && _loaded is not null && !_ends)
        {
            _delta[call.Key] = null;
        }
        else if (call.Verb == "remove")
        {
            _delta.Remove(call.Key);
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
            Issue(new ModelRecord(session), secret: 0);
            ExpiresCookie = false;
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
        var outrun = Shares ? record.Current != _secret || record.Next is not null : !record.Accepts(_secret);
        if (!moved && !(outrun && (SignsIn || SignsOut)))
        {
            record.Apply(_calls);
            if (Shares)
            {
                Issue(record, record.Share());
            }
            else if (SignsIn || SignsOut || (!outrun && _calls.Exists(call => call.Verb == "rotate")))
            {
                Issue(record, record.Replace(_secret, SignsIn, rotates: !SignsIn && !SignsOut));
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

    /// <summary>A sign-in whose token another one of the same user replaced goes on in that session, and else begins one of its own. A sign-out is
    /// carried out if that user is still signed in; since this request's token is dead by now, nobody gets the session's new one.</summary>
    private void SaveAnyway(ModelRecord record)
    {
        if (SignsOut && !record.Ended && record.Session.User is not null && record.Session.User == _userAtLoad)
        {
            record.Apply([new ScriptCall("out", "", "")]);
            record.Replace(_secret, signsIn: false, rotates: false);
        }

        if (SignsIn && !SignsOut && !_goesOn && record.Recognises(_secret) && record.Session.User == _view.User)
        {
            GoOn(record);
        }
        else if (SignsIn)
        {
            var carries = !record.Ended && (_ownerAtLoad is null || _ownerAtLoad == _view.User);
            Issue(new ModelRecord(carries ? _view : OwnChanges()), secret: 0);
        }
    }

    private void GoOn(ModelRecord record)
    {
        var shares = record.Next is null;
        var session = shares ? record.Session : record.Session.Copy();
        foreach (var (key, value) in _delta)
        {
            session.Apply(value is null ? new ScriptCall("remove", key, "") : new ScriptCall("set", key, value));
        }

        Issue(shares ? record : new ModelRecord(session), shares ? record.Share() : 0);
    }

    private void Issue(ModelRecord record, int secret) => (Issued, IssuedSecret) = (record, secret);

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
