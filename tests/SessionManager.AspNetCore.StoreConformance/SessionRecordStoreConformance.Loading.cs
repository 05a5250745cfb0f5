using System.Text;

namespace SessionManager.AspNetCore.StoreConformance;

// What a load finds, and what becomes of values on the way.
public abstract partial class SessionRecordStoreConformance
{
    [Fact]
    public void The_name_is_short_constant_and_has_no_address_in_it()
    {
        Assert.Matches("^[A-Za-z][A-Za-z0-9 ._-]{0,39}$", Store.Name);
        Assert.Equal(Store.Name, CreateStore(Lifetime, LongTimeout).Name);
    }

    [Fact]
    public async Task An_unknown_id_is_not_found() =>
        Assert.Equal(new SessionLookup(SessionLookupStatus.NotFound), await LookUpAsync());

    [Fact]
    public async Task A_created_record_is_found_as_it_was_committed()
    {
        var signedIn = Start.AddMinutes(-3);
        await CommittedAsync(Creation(SignIn("ann", signedIn), values: [("theme", "dark"), ("cart", "7")]));

        var record = await LoadAsync();
        Assert.Equal(_id, record.Id);
        Assert.Equal(_secret, record.SecretHash.ToArray());
        Assert.Equal((0, "ann", "ann"), (record.Generation, record.UserId, record.OwnerId));
        Assert.Equal((signedIn, signedIn, Start), (record.AuthenticatedAt, record.StartedAt, record.LastSeenAt));
        Assert.Equal(["cart=7", "theme=dark"], ValuesOf(record));
        Assert.Equal("cart7themedark".Length, record.ValueBytes);
    }

    [Fact]
    public async Task An_anonymous_record_has_no_user_and_began_when_it_was_committed()
    {
        await CreateAsync(("theme", "dark"));
        var record = await LoadAsync();
        Assert.Equal((null, null, null), (record.UserId, record.OwnerId, record.AuthenticatedAt));
        Assert.Equal((Start, Start), (record.CreatedAt, record.StartedAt));
    }

    [Fact]
    public async Task Another_instance_sees_what_was_committed_before()
    {
        await CreateAsync(("theme", "dark"));
        await CommittedAsync(Change(("theme", "light")));
        var lookup = await CreateStore(Lifetime, LongTimeout).LoadAsync(_id, default, Cancellation);
        Assert.Equal(["theme=light"], ValuesOf(lookup.Record!));
    }

    [Fact]
    public async Task Values_of_every_kind_and_key_come_back_byte_for_byte()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        string[] keys = ["a", "a:b", "*", "{tag}", "line\r\nbreak", "nul\0", "Ünï🦊", " ", "user_id", "gen", "Key", "key", new('k', 256)];
        var values = new Dictionary<string, SessionValue?>(StringComparer.Ordinal);
        foreach (var kind in Enum.GetValues<SessionValueKind>())
        {
            foreach (var key in keys)
            {
                values[$"{kind}{key}"] = new SessionValue(kind, kind == SessionValueKind.Int32 ? all.AsMemory(4, 4) : all);
            }

            values[$"{kind}-empty"] = new SessionValue(kind, default);
        }

        values["large"] = new SessionValue(SessionValueKind.Bytes, new byte[256 * 1024]);
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Creates = true, Secret = Replace(_secret, null), Values = values });

        var record = await LoadAsync();
        Assert.Equal(values.Count, record.Values.Count);
        Assert.Equal(values.Keys.Order(StringComparer.Ordinal), record.Values.Keys.Order(StringComparer.Ordinal));
        Assert.All(values, entry => Assert.Equal(entry.Value, record.Values[entry.Key]));
        Assert.Equal(values.Sum(entry => Encoding.UTF8.GetByteCount(entry.Key) + entry.Value!.Value.Data.Length), record.ValueBytes);
        Assert.False(record.Values.ContainsKey("absent"));
    }

    [Fact]
    public async Task A_user_id_of_any_characters_comes_back_as_it_was()
    {
        const string UserId = "a:b*{tag}\r\n\0Ünï🦊";
        await CommittedAsync(Creation(SignIn(UserId, Start)));
        var record = await LoadAsync();
        Assert.Equal((UserId, UserId), (record.UserId, record.OwnerId));
    }

    [Fact]
    public async Task Sessions_do_not_touch_each_other()
    {
        await CreateAsync(("theme", "dark"));
        var before = await DescribeAsync();

        var other = new SessionCommit { Id = Guid.NewGuid(), Now = Start, Creates = true, Secret = Replace(NewHash(), null), Values = Changes(("theme", "light")) };
        await CommittedAsync(other);
        Assert.True(await Store.EndAsync(other.Id, SessionEndReason.Revoked, cancellationToken: Cancellation));

        Assert.Equal(before, await DescribeAsync());
    }

    [Theory]
    [InlineData(SessionEndReason.Expired)]
    [InlineData(SessionEndReason.SignedOut)]
    [InlineData(SessionEndReason.Revoked)]
    public async Task An_ended_session_is_found_as_ended_with_its_reason(SessionEndReason reason)
    {
        await CreateAsync(("theme", "dark"));
        await EndAsync(reason);
        Assert.Equal(new SessionLookup(SessionLookupStatus.Ended, EndReason: reason), await LookUpAsync());
    }

    [Fact]
    public async Task An_expired_record_is_still_found()
    {
        await CreateAsync(("theme", "dark"));
        var lookup = await Store.LoadAsync(_id, new RecordTouch(_secret, Start.AddYears(1), Allowed: true), Cancellation);
        Assert.Equal((SessionLookupStatus.Found, false), (lookup.Status, lookup.Touched));
        Assert.Equal(["theme=dark"], ValuesOf(lookup.Record!));
    }

    [Fact]
    public async Task A_loaded_record_does_not_change_any_more()
    {
        await CreateAsync(("theme", "dark"));
        var loaded = await LoadAsync();
        await CommittedAsync(Change(("theme", "light"), ("cart", "7")));
        await EndAsync();
        Assert.Equal(["theme=dark"], ValuesOf(loaded));
        Assert.Equal(Start, loaded.LastSeenAt);
    }

    [Fact]
    public async Task A_damaged_record_is_unreadable_and_no_exception()
    {
        await CreateAsync(("theme", "dark"));
        await RequiredMedium.DamageAsync(_id);
        Assert.Equal(new SessionLookup(SessionLookupStatus.Unreadable), await LookUpAsync());
    }

    [Fact]
    public async Task A_damaged_tombstone_is_unreadable_and_no_exception()
    {
        await CreateAsync();
        await EndAsync();
        await RequiredMedium.DamageAsync(_id);
        Assert.Equal(new SessionLookup(SessionLookupStatus.Unreadable), await LookUpAsync());
    }

    [Fact]
    public async Task A_record_of_a_newer_version_is_found_as_newer()
    {
        await CreateAsync(("theme", "dark"));
        await RequiredMedium.MakeNewerAsync(_id);
        Assert.Equal(new SessionLookup(SessionLookupStatus.Newer), await LookUpAsync());
    }

    [Fact]
    public async Task An_evicted_record_is_not_found()
    {
        await CreateAsync(("theme", "dark"));
        await RequiredMedium.EvictAsync(_id);
        Assert.Equal(new SessionLookup(SessionLookupStatus.NotFound), await LookUpAsync());
    }
}
