using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// Sign-in, sign-out, and the change of user.
public abstract partial class SessionRepositoryTests
{
    [Fact]
    public async Task A_sign_in_sets_the_user_and_moves_the_generation_by_one()
    {
        await CreateAsync(("cart", "7"));
        var now = Start.AddMinutes(2);
        await CommittedAsync(SignInOf("ann", now));

        var record = await LoadAsync();
        Assert.Equal((1, "ann", "ann"), (record.Generation, record.UserId, record.OwnerId));
        Assert.Equal((now, now, Start), (record.AuthenticatedAt, record.StartedAt, record.CreatedAt));
        Assert.Equal(["cart=7"], ValuesOf(record));
    }

    [Fact]
    public async Task The_same_user_again_does_not_move_the_generation()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        var now = Start.AddMinutes(2);
        await CommittedAsync(SignInOf("ann", now, again: true));
        var record = await LoadAsync();
        Assert.Equal(
            (0, "ann", now, now), (record.Generation, record.UserId, record.AuthenticatedAt, record.StartedAt));
    }

    [Fact]
    public async Task A_sign_out_removes_the_user_and_leaves_owner_and_start_where_it_names_none()
    {
        await CommittedAsync(Creation(SignIn("ann", Start.AddMinutes(-3)), values: ("cart", "7")));
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start.AddMinutes(2), Base = Base(), Identity = SignOut() });

        var record = await LoadAsync();
        Assert.Equal((1, null, "ann"), (record.Generation, record.UserId, record.OwnerId));
        Assert.Equal((null, Start.AddMinutes(-3)), (record.AuthenticatedAt, record.StartedAt));
        Assert.Equal(["cart=7"], ValuesOf(record));
    }

    [Fact]
    public async Task A_change_of_user_sets_the_owner()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        await CommittedAsync(
            new SessionCommit
            {
                Id = _id,
                Now = Start,
                Base = Base(),
                Identity = SignIn(
                "bob", Start),
                DropsValues = true
            });
        var record = await LoadAsync();
        Assert.Equal((1, "bob", "bob"), (record.Generation, record.UserId, record.OwnerId));
    }

    [Fact]
    public async Task A_commit_without_identity_leaves_user_and_generation()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        await CommittedAsync(Change(("a", "1")));
        var record = await LoadAsync();
        Assert.Equal((0, "ann", Start), (record.Generation, record.UserId, record.AuthenticatedAt));
    }
}
