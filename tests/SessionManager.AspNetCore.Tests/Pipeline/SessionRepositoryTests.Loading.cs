using System.Text;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// What a load finds, and what becomes of values on the way.
public abstract partial class SessionRepositoryTests
{
    private static readonly SessionClient Phone = new("Phone/1.0 (größe; 😀)", "192.0.2.7");

    [Fact]
    public async Task An_unknown_id_is_not_found() =>
        Assert.Equal((SessionLookupStatus.NotFound, null), await StatusAsync());

    [Fact]
    public async Task A_created_record_is_found_as_it_was_committed()
    {
        var signedIn = Start.AddMinutes(-3);
        await CommittedAsync(Creation(SignIn("ann", signedIn), values: [("theme", "dark"), ("cart", "7")]));

        var record = await LoadAsync();
        Assert.Equal((_id, Hex(_secret)), (record.Id, Hex(record.SecretHash)));
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
    public async Task What_a_commit_leaves_is_what_the_next_load_finds()
    {
        await CreateAsync(("theme", "dark"));
        var commit = SignInOf("ann", Start.AddMinutes(2));
        var after = (await CommitAsync(commit)).AfterOf(commit);
        var loaded = await LoadAsync();

        Assert.Equal((loaded.Version, Hex(loaded.Header)), (after.Version, Hex(after.Header)));
        Assert.Equal(ValuesOf(loaded), ValuesOf(after));

        var change = new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(3),
            Base = loaded,
            Values = Changes(
            ("a", "1"))
        };
        after = (await CommitAsync(change)).AfterOf(change);
        loaded = await LoadAsync();
        Assert.Equal(
            (loaded.Version, Hex(loaded.Header), loaded.LastSeenAt), (
                after.Version, Hex(after.Header), after.LastSeenAt));
        Assert.Equal(ValuesOf(loaded), ValuesOf(after));
        Assert.Equal(loaded.ValueBytes, after.ValueBytes);
    }

    [Fact]
    public async Task Another_node_sees_what_was_committed_before()
    {
        await CreateAsync(("theme", "dark"));
        await CommittedAsync(Change(("theme", "light")));
        Assert.Equal(["theme=light"], ValuesOf((await NewNode().LoadAsync(_id)).Record!));
    }

    [Fact]
    public async Task Values_of_every_kind_and_key_come_back_byte_for_byte()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        string[] keys = ["a", "a:b", "*", "{tag}", "line\r\nbreak", "nul\0", "Ünï🦊", " ", "user_id", "gen", "Key",
            "key", new('k', 256)];
        var values = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        foreach (var kind in Enum.GetValues<SessionValueKind>())
        {
            foreach (var key in keys)
            {
                values[$"{kind}{key}"] = SessionValue.Of(
                    kind, kind == SessionValueKind.Int32 ? all.AsSpan(4, 4) : all).Stored;
            }

            values[$"{kind}-empty"] = SessionValue.Of(kind, []).Stored;
        }

        values["large"] = SessionValue.Of(SessionValueKind.Bytes, new byte[256 * 1024]).Stored;
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start, Secret = Replace(_secret, null), Values = values });

        var record = await LoadAsync();
        Assert.Equal(values.Count, record.Values.Count);
        Assert.Equal(values.Keys.Order(StringComparer.Ordinal), record.Keys.Order(StringComparer.Ordinal));
        Assert.All(values, entry => Assert.Equal(Hex(entry.Value!.Value), Hex(record.Values[entry.Key])));
        Assert.Equal(
            values.Sum(
                entry => Encoding.UTF8.GetByteCount(entry.Key) + entry.Value!.Value.Length - 1), record.ValueBytes);
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

        var other = Guid.NewGuid();
        await CommittedAsync(CreationOf(other, Start));
        Assert.True(await Node.EndAsync(other, SessionEndReason.Revoked));

        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task An_expired_record_is_still_found()
    {
        await CreateAsync(("theme", "dark"));
        _clock.Advance(TimeSpan.FromDays(365));
        await HoldsAsync("theme=dark");
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

    [Theory]
    [InlineData("Phone/1.0 (größe; 😀)", "192.0.2.7")]
    [InlineData(null, "192.0.2.7")]
    [InlineData("Phone/1.0", null)]
    [InlineData(null, null)]
    public async Task A_creation_notes_what_is_known_of_the_client(string? userAgent, string? address)
    {
        var client = new SessionClient(userAgent, address);
        await CommittedAsync(CreationBy(client));
        Assert.Equal(client, (await LoadAsync()).Client);
        Assert.Equal(client, Assert.Single(await Node.ListAsync()).Client);
    }

    [Fact]
    public async Task A_client_stays_until_a_commit_names_another_one_and_goes_with_the_session()
    {
        await CreateAsync();
        Assert.Null((await LoadAsync()).Client);
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Base = Base(), Client = Phone });
        await CommittedAsync(Change(("a", "1")));
        await CommittedAsync(SignInOf("ann", Start));
        Assert.Equal(Phone, (await LoadAsync()).Client);

        var desk = new SessionClient("Desk/2.0", null);
        await CommittedAsync(
            new SessionCommit
            {
                Id = _id,
                Now = Start,
                Base = Base(1),
                Identity = SignIn(
                "ann", Start, again: true),
                Client = desk
            });
        Assert.Equal(desk, (await LoadAsync()).Client);

        await EndAsync();
        Assert.DoesNotContain(
            "Desk/2.0", Encoding.UTF8.GetString((await RawAsync(_id))!.Header.Span), StringComparison.Ordinal);
    }

    private SessionCommit CreationBy(SessionClient client) =>
        new() { Id = _id, Now = Start, Secret = Replace(_secret, null, required: true), Client = client };
}
