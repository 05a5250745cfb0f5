using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// When a commit is applied, and when it is refused.
public abstract partial class SessionRepositoryTests
{
    [Fact]
    public async Task A_creation_gives_the_session_its_secret() =>
        await SecretChangedAsync(Creation());

    [Fact]
    public async Task A_creation_needs_the_id_to_be_unused()
    {
        await CreateAsync(("theme", "dark"));
        await RefusedAsync(SessionCommitOutcome.Gone, Creation(SignIn("eve", Start), NewHash(), ("theme", "light")));
    }

    [Fact]
    public async Task A_creation_does_not_replace_an_expired_session()
    {
        await CreateAsync(("theme", "dark"));
        var late = CreationOf(_id, Start.AddYears(1));
        await RefusedAsync(SessionCommitOutcome.Gone, late);
    }

    [Fact]
    public async Task A_creation_does_not_replace_an_ended_session()
    {
        await CreateAsync();
        await EndAsync();
        await RefusedAsync(SessionCommitOutcome.Gone, Creation(secret: NewHash(), values: ("theme", "light")));
        await RefusedAsync(SessionCommitOutcome.Gone, Creation(values: ("theme", "light")));
    }

    [Fact]
    public async Task A_change_needs_the_record_to_exist_and_creates_none()
    {
        await RefusedAsync(SessionCommitOutcome.Gone, Change(("theme", "light")));
        Assert.Equal(SessionLookupStatus.NotFound, (await LookUpAsync()).Status);
    }

    [Fact]
    public async Task A_change_needs_the_session_not_to_have_ended()
    {
        await CreateAsync(("theme", "dark"));
        await EndAsync();
        await RefusedAsync(SessionCommitOutcome.Gone, Change(("theme", "light")));
    }

    [Fact]
    public async Task A_change_past_the_idle_timeout_is_applied_and_is_a_use_of_the_session()
    {
        await CreateAsync(("theme", "dark"));
        var now = Start + (Lifetime.IdleTimeout * 1.5);

        await CommittedAsync(At(now));

        Assert.Equal(
            (now, "late=1 theme=dark"), (
                (await LoadAsync()).LastSeenAt, string.Join(' ', ValuesOf(await LoadAsync()))));
    }

    [Theory]
    [MemberData(nameof(ChangesOfEveryKind))]
    public async Task A_change_of_any_kind_is_applied_until_the_absolute_timeout_and_refused_from_then_on(string kind)
    {
        await CreateAsync(("theme", "dark"));
        var limit = Start + Lifetime.AbsoluteTimeout;

        await RefusedAsync(SessionCommitOutcome.Gone, OfKind(kind, limit));
        await CommittedAsync(OfKind(kind, limit - TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task A_session_that_was_found_expired_takes_no_change_of_a_request_that_found_it_alive()
    {
        await CreateAsync(("theme", "dark"));
        var found = Start + Lifetime.IdleTimeout;
        Assert.True(await Node.EndExpiredAsync(_id, found));

        foreach (var kind in ChangesOfEveryKind)
        {
            await RefusedAsync(SessionCommitOutcome.Gone, OfKind(kind.Data, found.AddSeconds(1)));
        }

        await TouchAsync(found.AddSeconds(1));
        Assert.Equal(SessionEndReason.Expired, (await LookUpAsync()).EndReason);
    }

    [Fact]
    public async Task A_change_needs_the_absolute_timeout_not_to_have_passed()
    {
        await CreateAsync(("theme", "dark"));
        for (var used = Start; used < Start + Lifetime.AbsoluteTimeout; used += Lifetime.IdleTimeout / 2)
        {
            await CommittedAsync(At(used));
        }

        await RefusedAsync(SessionCommitOutcome.Gone, At(Start + Lifetime.AbsoluteTimeout));
    }

    [Theory]
    [InlineData(2001)]
    [InlineData(2090)]
    public async Task The_clock_is_the_callers(int year)
    {
        var now = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = now, Secret = Replace(_secret, null), Values = Changes(("a", "1")) });
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = now.AddMinutes(5), Base = Base(), Values = Changes(("b", "2")) });
        Assert.True(await TouchAsync(now.AddMinutes(10)));
        Assert.Equal(["a=1", "b=2"], ValuesOf(await LoadAsync()));
        Assert.Equal(now.AddMinutes(10), (await LoadAsync()).LastSeenAt);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(1_000_000)]
    public async Task A_change_needs_its_generation_to_be_the_sessions(long generation)
    {
        await CreateAsync(("theme", "dark"));
        await CommittedAsync(SignInOf("ann", Start));

        await RefusedAsync(SessionCommitOutcome.Moved, new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Base = Base(generation),
            Identity = SignIn("eve", Start),
            Secret = Replace(NewHash(), null),
            DropsValues = true,
            Values = Changes(("theme", "light")),
        });
    }

    [Fact]
    public async Task A_commit_is_a_use_of_the_session()
    {
        await CreateAsync();
        await CommittedAsync(At(Start.AddMinutes(3)));
        Assert.Equal(Start.AddMinutes(3), (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_commit_that_does_not_touch_is_no_use_of_the_session()
    {
        await CreateAsync();
        await CommittedAsync(
            new SessionCommit
            {
                Id = _id,
                Now = Start.AddMinutes(3),
                Base = Base(),
                Touches = false,
                Values = Changes(
                ("a", "1"))
            });
        Assert.Equal(Start, (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_commit_never_moves_the_last_use_backwards()
    {
        await CreateAsync();
        await CommittedAsync(At(Start.AddMinutes(-10)));
        Assert.Equal(Start, (await LoadAsync()).LastSeenAt);
        Assert.Equal(["late=1"], ValuesOf(await LoadAsync()));
    }

    /// <summary>Kinds of changes for <see cref="OfKind"/>.</summary>
    public static TheoryData<string> ChangesOfEveryKind =>
        ["values", "removal", "nothing", "no-touch", "drop", "expecting", "rotation", "issue", "sign-in", "sign-out"];

    private SessionCommit OfKind(string kind, DateTimeOffset now) => new()
    {
        Id = _id,
        Now = now,
        Base = Base(),
        Touches = kind != "no-touch",
        DropsValues = kind == "drop",
        ExpectedKey = kind == "expecting" ? "theme" : null,
        ExpectedValue = kind == "expecting" ? Text("dark") : null,
        Values = kind switch
        {
            "values" or "no-touch" or "expecting" => Changes(("late", "1")),
            "removal" => Changes(("theme", null)),
            _ => null,
        },
        Secret = kind switch
        {
            "rotation" => Replace(NewHash(), _secret),
            "sign-in" => Replace(NewHash(), _secret, required: true),
            "issue" => NextSecret(NewHash()),
            _ => null,
        },
        Identity = kind switch
        {
            "sign-in" => SignIn("ann", now),
            "sign-out" => SignOut(),
            _ => null,
        },
    };

    private SessionCommit At(DateTimeOffset now) =>
        new() { Id = _id, Now = now, Base = Base(), Values = Changes(("late", "1")) };
}
