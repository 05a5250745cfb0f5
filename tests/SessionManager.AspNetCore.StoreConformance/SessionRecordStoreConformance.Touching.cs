namespace SessionManager.AspNetCore.StoreConformance;

// When a session counts as used, by a touch or by a load that touches.
public abstract partial class SessionRecordStoreConformance
{
    [Fact]
    public async Task A_touch_that_is_due_moves_the_last_use_and_nothing_else()
    {
        await CommittedAsync(Creation(SignIn("ann", Start), values: [("a", "1"), ("b", "2")]));
        var before = await DescribeAsync();
        var now = Start + Lifetime.TouchInterval;

        Assert.True(await TouchAsync(now));

        Assert.Equal(before.Replace($"{Start:O} 4", $"{now:O} 4", StringComparison.Ordinal), await DescribeAsync());
        Assert.Equal(now, (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_touch_before_it_is_due_moves_nothing()
    {
        await CreateAsync(("a", "1"));
        await NotTouchedAsync(new RecordTouch(_secret, Start + Lifetime.TouchInterval - TimeSpan.FromMilliseconds(1), Allowed: true));
    }

    [Fact]
    public async Task A_touch_never_moves_the_last_use_backwards()
    {
        await CreateAsync(("a", "1"));
        await NotTouchedAsync(new RecordTouch(_secret, Start.AddMinutes(-10), Allowed: true));
    }

    [Fact]
    public async Task A_touch_that_is_not_allowed_moves_nothing()
    {
        await CreateAsync(("a", "1"));
        await NotTouchedAsync(new RecordTouch(_secret, Start.AddMinutes(5), Allowed: false));
    }

    [Fact]
    public async Task A_load_with_another_secret_moves_nothing()
    {
        await CreateAsync(("a", "1"));
        await NotTouchedByALoadAsync(new RecordTouch(NewHash(), Start.AddMinutes(5), Allowed: true));
        await NotTouchedByALoadAsync(new RecordTouch(default, Start.AddMinutes(5), Allowed: true));
        await CommittedAsync(Rotation(NewHash(), _secret));
        await NotTouchedByALoadAsync(new RecordTouch(_secret, Start.AddMinutes(10), Allowed: true));
    }

    [Fact]
    public async Task A_load_does_not_bring_an_expired_session_back()
    {
        await CreateAsync(("a", "1"));
        await NotTouchedByALoadAsync(new RecordTouch(_secret, Start + Lifetime.IdleTimeout, Allowed: true));
        await NotTouchedByALoadAsync(new RecordTouch(_secret, Start + Lifetime.AbsoluteTimeout, Allowed: true));
    }

    [Fact]
    public async Task A_touch_of_a_request_whose_secret_was_replaced_meanwhile_is_a_use_of_the_session()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Rotation(NewHash(), _secret));
        var now = Start.AddMinutes(10);

        Assert.True(await TouchAsync(new RecordTouch(_secret, now, Allowed: true)));

        Assert.Equal(now, (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_touch_past_the_idle_timeout_is_a_use_of_the_session()
    {
        await CreateAsync(("a", "1"));
        var now = Start + (Lifetime.IdleTimeout * 1.5);

        Assert.True(await TouchAsync(now));

        Assert.Equal(now, (await LoadAsync()).LastSeenAt);
        Assert.False(await Store.EndExpiredAsync(_id, now + Lifetime.IdleTimeout - TimeSpan.FromMilliseconds(1), Cancellation));
    }

    [Fact]
    public async Task A_touch_past_the_absolute_timeout_moves_nothing()
    {
        await CreateAsync(("a", "1"));
        await NotTouchedAsync(new RecordTouch(_secret, Start + Lifetime.AbsoluteTimeout, Allowed: true));
        Assert.True(await TouchAsync(Start + Lifetime.AbsoluteTimeout - TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task A_touch_at_the_last_moment_keeps_the_session_alive()
    {
        await CreateAsync();
        var last = Start + Lifetime.IdleTimeout - TimeSpan.FromMilliseconds(1);
        Assert.True(await TouchAsync(last));
        await CommittedAsync(At(last + Lifetime.IdleTimeout - TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task A_touch_of_an_unknown_session_creates_none() =>
        await NotTouchedAsync(new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true));

    [Fact]
    public async Task A_touch_does_not_bring_an_ended_session_back()
    {
        await CreateAsync(("a", "1"));
        await EndAsync();
        await NotTouchedAsync(new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true));
    }

    [Fact]
    public async Task A_touch_does_not_repair_a_damaged_record()
    {
        await CreateAsync(("a", "1"));
        await RequiredMedium.DamageAsync(_id);
        await NotTouchedAsync(new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true));
    }

    [Fact]
    public async Task A_load_has_touched_exactly_when_it_says_so()
    {
        await CreateAsync(("a", "1"));
        var now = Start.AddMinutes(5);
        var lookup = await Store.LoadAsync(_id, new RecordTouch(_secret, now, Allowed: true), Cancellation);
        Assert.Equal(["a=1"], ValuesOf(lookup.Record!));

        var record = await LoadAsync();
        Assert.Equal(lookup.Touched ? now : Start, record.LastSeenAt);
        Assert.Equal(["a=1"], ValuesOf(record));
        Assert.Equal(!lookup.Touched, await TouchAsync(now));
    }

    /// <summary>Neither a touch nor a load that might touch changes anything.</summary>
    private async Task NotTouchedAsync(RecordTouch touch)
    {
        var before = await DescribeAsync();
        Assert.False(await TouchAsync(touch));
        Assert.Equal(before, await DescribeAsync());
        await NotTouchedByALoadAsync(touch);
    }

    /// <summary>A load that might touch changes nothing.</summary>
    private async Task NotTouchedByALoadAsync(RecordTouch touch)
    {
        var before = await DescribeAsync();
        Assert.False((await Store.LoadAsync(_id, touch, Cancellation)).Touched);
        Assert.Equal(before, await DescribeAsync());
    }
}
