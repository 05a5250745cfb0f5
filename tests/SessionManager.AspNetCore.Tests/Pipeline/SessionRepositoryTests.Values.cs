using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// How values merge.
public abstract partial class SessionRepositoryTests
{
    [Fact]
    public async Task Keys_that_a_delta_does_not_name_stay_as_they_are_whoever_wrote_them_meanwhile()
    {
        await CreateAsync(("a", "1"), ("b", "1"), ("c", "1"));
        var mine = Change(("a", "2"));
        await CommittedAsync(Change(("b", "3"), ("d", "3")));
        await CommittedAsync(mine);
        await HoldsAsync("a=2", "b=3", "c=1", "d=3");
    }

    [Fact]
    public async Task Of_two_commits_of_one_key_the_last_wins()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Change(("a", "2")));
        await CommittedAsync(Change(("a", "3")));
        await HoldsAsync("a=3");
    }

    [Fact]
    public async Task A_removed_key_is_gone_and_the_others_stay()
    {
        await CreateAsync(("a", "1"), ("b", "1"), ("c", "1"));
        await CommittedAsync(Change(("b", null)));
        var record = await LoadAsync();
        Assert.Equal(["a=1", "c=1"], ValuesOf(record));
        Assert.Equal((2, 4L), (record.Values.Count, record.ValueBytes));
    }

    [Fact]
    public async Task Removing_a_key_that_is_not_there_is_a_commit_like_any_other()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Change(("b", null), ("c", "1")));
        await HoldsAsync("a=1", "c=1");
    }

    [Fact]
    public async Task A_request_that_added_and_removed_a_key_removes_what_another_stored_there_meanwhile()
    {
        await CreateAsync(("a", "1"));
        var net = Change(("b", null));
        await CommittedAsync(Change(("b", "other")));
        await CommittedAsync(net);
        await HoldsAsync("a=1");
    }

    [Fact]
    public async Task A_removed_key_can_be_stored_again()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Change(("a", null)));
        await CommittedAsync(Change(("a", "2")));
        await HoldsAsync("a=2");
    }

    [Fact]
    public async Task A_creation_with_removals_stores_only_what_was_set()
    {
        await CreateAsync(("a", "1"), ("b", null));
        await HoldsAsync("a=1");
    }

    [Fact]
    public async Task Dropping_values_drops_also_what_another_stored_meanwhile_and_then_applies_its_own()
    {
        await CreateAsync(("a", "1"), ("b", "1"));
        var drop = new SessionCommit
        {
            Id = _id,
            Now = Start,
            Base = Base(),
            DropsValues = true,
            Values = Changes(
            ("b", "2"), ("d", null))
        };
        await CommittedAsync(Change(("c", "other"), ("d", "other")));
        await CommittedAsync(drop);
        var record = await LoadAsync();
        Assert.Equal(["b=2"], ValuesOf(record));
        Assert.Equal((1, 2L), (record.Values.Count, record.ValueBytes));
    }

    [Fact]
    public async Task A_commit_of_no_values_leaves_them_all()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start.AddMinutes(1), Base = Base() });
        await HoldsAsync("a=1");
    }

    [Fact]
    public async Task An_expected_value_that_is_still_there_lets_the_commit_pass()
    {
        await CreateAsync(("n", "1"), ("other", "1"));
        await CommittedAsync(Expecting("n", Text("1"), ("n", "2"), ("other", "2")));
        await CommittedAsync(Expecting("absent", null, ("absent", "1")));
        await HoldsAsync("absent=1", "n=2", "other=2");
    }

    [Theory]
    [InlineData(SessionValueKind.Text, "2")]
    [InlineData(SessionValueKind.Text, "")]
    [InlineData(SessionValueKind.Text, "11")]
    [InlineData(SessionValueKind.Text, "1\0")]
    [InlineData(SessionValueKind.Json, "1")]
    [InlineData(SessionValueKind.Raw, "1")]
    public async Task An_expected_value_that_differs_in_one_byte_or_in_kind_is_a_conflict(object kind, string expected)
    {
        await CreateAsync(("n", "1"), ("other", "1"));
        await ConflictAsync(
            Expecting("n", SessionValue.Of((SessionValueKind)kind, Text(expected).Data.Span), ("n", "3"), (
                "other", "3")), current: Text("1"));
    }

    [Fact]
    public async Task A_value_where_none_was_expected_is_a_conflict()
    {
        await CreateAsync(("n", ""));
        await ConflictAsync(Expecting("n", null, ("n", "3")), current: Text(""));
    }

    [Fact]
    public async Task An_expected_value_that_is_gone_is_a_conflict()
    {
        await CreateAsync(("other", "1"));
        await ConflictAsync(Expecting("n", Text("1"), ("n", "3")), current: null);
        await ConflictAsync(Expecting("n", Text(""), ("n", "3")), current: null);
    }

    [Fact]
    public async Task A_conflict_refuses_the_commit_whole()
    {
        await CreateAsync(("n", "1"), ("other", "1"));
        await ConflictAsync(
            new SessionCommit
            {
                Id = _id,
                Now = Start.AddMinutes(1),
                Base = Base(),
                Identity = SignIn("eve", Start),
                Secret = Replace(NewHash(), null),
                DropsValues = true,
                Values = Changes(("other", "2")),
                ExpectedKey = "n",
                ExpectedValue = Text("2"),
            },
            current: Text("1"));
    }

    [Fact]
    public async Task An_expected_value_in_a_session_that_is_gone_or_moved_is_no_conflict()
    {
        await RefusedAsync(SessionCommitOutcome.Gone, Expecting("n", Text("1"), ("n", "2")));
        await CommittedAsync(Creation(values: ("n", "1")));
        await CommittedAsync(SignInOf("ann", Start));
        await RefusedAsync(SessionCommitOutcome.Moved, Expecting("n", Text("1"), ("n", "2")));
    }

    private SessionCommit Expecting(
        string key, SessionValue? expected, params (string Key, string? Value)[] values) => new()
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Base = Base(),
            Values = Changes(values),
            ExpectedKey = key,
            ExpectedValue = expected,
        };

    private async Task ConflictAsync(SessionCommit commit, SessionValue? current)
    {
        var before = await DescribeAsync();
        var result = await CommitAsync(commit);
        Assert.Equal((SessionCommitOutcome.Conflict, false), (result.Outcome, result.SecretChanged));
        Assert.Equal(current, result.Before!.TryGetValue(commit.ExpectedKey!, out var found) ? found : null);
        Assert.Equal(before, await DescribeAsync());
    }
}
