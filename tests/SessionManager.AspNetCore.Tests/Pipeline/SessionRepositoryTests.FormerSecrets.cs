using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// What becomes of a secret that was replaced.
public abstract partial class SessionRepositoryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sign_in_leaves_the_secret_it_replaced_to_be_recognised_until_the_new_one_is_seen(bool expects)
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Rotation(NewHash(), expects ? _secret : null, required: true, SignIn("ann", Start)));

        var record = await LoadAsync();
        IsFormer(record, FormerSecretKind.Replaced, _secret, null);
        Assert.False(record.Accepts(_secret, Start));
        Assert.True(record.WasReplacedBySignIn(_secret, Start + Lifetime.AbsoluteTimeout));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_use_by_the_new_token_gives_the_one_it_replaced_five_seconds_more(bool touches)
    {
        await CreateAsync(("a", "1"));
        var signedIn = NewHash();
        await CommittedAsync(Rotation(signedIn, _secret, required: true, SignIn("ann", Start)));
        var (used, loaded) = (Start.AddMinutes(7), await LoadAsync());

        // Whoever brings another secret is not the browser that the new one was given to.
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start.AddMinutes(6), Base = loaded, BroughtHash = _secret });
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start.AddMinutes(6), Base = loaded });
        Assert.Null((await LoadAsync()).Former.Until);

        if (touches)
        {
            Assert.True(await Node.TouchAsync(await LoadAsync(), used, signedIn));
        }
        else
        {
            await CommittedAsync(
                new SessionCommit
                {
                    Id = _id,
                    Now = used,
                    Base = loaded,
                    BroughtHash = signedIn,
                    Values = Changes(
                    ("a", "2"))
                });
        }

        var record = await LoadAsync();
        IsFormer(record, FormerSecretKind.Replaced, _secret, used.AddSeconds(5));
        Assert.Equal((used, touches ? "a=1" : "a=2"), (record.LastSeenAt, Assert.Single(ValuesOf(record))));
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = used.AddSeconds(4), Base = loaded, BroughtHash = signedIn });
        Assert.Equal(used.AddSeconds(5), (await LoadAsync()).Former.Until);
    }

    [Fact]
    public async Task A_rotation_by_the_application_leaves_the_secret_it_replaced_to_be_recognised_for_five_seconds()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        await SecretChangedAsync(Rotation(NewHash(), _secret));

        IsFormer(await LoadAsync(), FormerSecretKind.Rotated, _secret, Start.AddMinutes(1).AddSeconds(5));
    }

    [Fact]
    public async Task A_secret_that_a_sign_in_replaced_replaces_none()
    {
        await CreateAsync();
        await CommittedAsync(Rotation(NewHash(), _secret, required: true, SignIn("ann", Start)));
        await RefusedAsync(SessionCommitOutcome.Moved, new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Base = Base(1),
            Secret = Replace(NewHash(), _secret, required: true),
        });
    }

    [Fact]
    public async Task A_sign_in_decided_before_a_timed_rotation_leaves_the_secret_it_was_decided_on()
    {
        await CreateAsync();
        var next = NewHash();
        await CommittedAsync(Issue(next));
        await CommittedAsync(Promotion(next, Start.AddMinutes(1)));

        await CommittedAsync(Rotation(NewHash(), _secret, required: true, SignIn("ann", Start)));

        IsFormer(await LoadAsync(), FormerSecretKind.Replaced, _secret, null);
    }

    [Fact]
    public async Task An_issued_secret_leaves_the_replaced_one_and_its_promotion_forgets_it()
    {
        await CreateAsync();
        var (signedIn, next) = (NewHash(), NewHash());
        await CommittedAsync(Rotation(signedIn, _secret, required: true, SignIn("ann", Start)));
        var issue = new SessionSecretChange(next, signedIn, Required: true) { Kind = SessionSecretChangeKind.Issue };
        await CommittedAsync(new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Base = Base(1),
            Identity = SignIn("ann", Start, again: true),
            Secret = issue,
        });

        var issued = await LoadAsync();
        IsFormer(issued, FormerSecretKind.Replaced, _secret, null);
        Assert.Equal(
            (1, true, true), (issued.Generation, issued.Accepts(signedIn, Start), issued.Accepts(next, Start)));

        var promotion = new SessionSecretChange(
            next, default, Required: false)
        { Kind = SessionSecretChangeKind.Promote };
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start.AddMinutes(1), Base = Base(1), Secret = promotion });

        IsFormer(await LoadAsync(), FormerSecretKind.Previous, signedIn, Start.AddMinutes(1).AddSeconds(5));
    }

    [Fact]
    public async Task A_sign_out_leaves_no_former_secret()
    {
        await CreateAsync();
        var signedIn = NewHash();
        await CommittedAsync(Rotation(signedIn, _secret, required: true, SignIn("ann", Start)));
        await CommittedAsync(new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Base = Base(1),
            Identity = SignOut(),
            Secret = Replace(NewHash(), signedIn),
        });

        Assert.Equal(FormerSecretKind.None, (await LoadAsync()).Former.Kind);
    }

    [Fact]
    public async Task A_session_that_begins_signed_in_has_no_replaced_secret()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        Assert.Equal(FormerSecretKind.None, (await LoadAsync()).Former.Kind);
    }

    private static void IsFormer(SessionRecord record, FormerSecretKind kind, byte[] hash, DateTimeOffset? until)
    {
        Assert.Equal((kind, Convert.ToHexString(hash)), (record.Former.Kind, Hex(record.Former.Hash)));
        Assert.Equal(until, record.Former.Until);
    }
}
