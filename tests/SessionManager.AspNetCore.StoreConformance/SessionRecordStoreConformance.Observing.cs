namespace SessionManager.AspNetCore.StoreConformance;

// What is there for operators: the client of a session, and the probe of a health check.
public abstract partial class SessionRecordStoreConformance
{
    private static readonly SessionClient Phone = new("Phone/1.0 (größe; 😀)", "192.0.2.7");

    [Fact]
    public async Task A_creation_notes_the_client()
    {
        await CommittedAsync(CreationBy(Phone));
        Assert.Equal(Phone, (await LoadAsync()).Client);
    }

    [Theory]
    [InlineData(null, "192.0.2.7")]
    [InlineData("Phone/1.0", null)]
    public async Task What_is_not_known_of_a_client_stays_unknown(string? userAgent, string? address)
    {
        await CommittedAsync(CreationBy(new SessionClient(userAgent, address)));
        Assert.Equal(new SessionClient(userAgent, address), (await LoadAsync()).Client);
    }

    [Fact]
    public async Task Without_a_client_there_is_none()
    {
        await CreateAsync();
        Assert.Null((await LoadAsync()).Client);
    }

    [Fact]
    public async Task A_commit_that_names_no_client_leaves_the_one_that_is_noted()
    {
        await CommittedAsync(CreationBy(Phone));
        await CommittedAsync(Change(("a", "1")));
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Identity = SignIn("ann", Start) });
        Assert.Equal(Phone, (await LoadAsync()).Client);
    }

    [Fact]
    public async Task A_commit_that_names_a_client_replaces_the_one_that_is_noted()
    {
        await CommittedAsync(CreationBy(Phone));
        var desk = new SessionClient("Desk/2.0", null);
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Identity = SignIn("ann", Start), Client = desk });
        Assert.Equal(desk, (await LoadAsync()).Client);
    }

    [Fact]
    public async Task The_client_is_among_what_is_listed()
    {
        await CommittedAsync(CreationBy(Phone));
        Assert.Equal(Phone, Assert.Single(await ListAllAsync()).Client);
    }

    [Fact]
    public async Task The_client_goes_with_the_session()
    {
        await CommittedAsync(CreationBy(Phone));
        await EndAsync();
        foreach (var key in await RequiredMedium.ListKeysAsync())
        {
            Assert.DoesNotContain("Phone/1.0", System.Text.Encoding.UTF8.GetString(await RequiredMedium.ReadAsync(key)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_probe_is_never_listed_and_leaves_nothing_behind()
    {
        await CreateAsync();
        var before = await RequiredMedium.ListKeysAsync();

        await Store.ProbeAsync(Cancellation);

        Assert.Single(await ListAllAsync());
        Assert.Equal(before, await RequiredMedium.ListKeysAsync());
    }

    [Fact]
    public async Task A_store_that_counts_the_living_counts_them_from_their_beginning_to_their_end_and_one_that_does_not_never_does()
    {
        var counts = Store.CountLive(Start) is not null;
        await CreateAsync();
        AssertLive(anonymous: 1, signedIn: 0);
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Identity = SignIn("ann", Start) });
        AssertLive(anonymous: 0, signedIn: 1);
        await CommittedAsync(new SessionCommit { Id = Guid.NewGuid(), Now = Start, Creates = true, Secret = Replace(NewHash(), null, required: true) });
        AssertLive(anonymous: 1, signedIn: 1);
        await EndAsync();
        AssertLive(anonymous: 1, signedIn: 0);
        Assert.Equal(counts ? (0, 0) : null, Store.CountLive(Start + Lifetime.IdleTimeout + Lifetime.TouchInterval));

        void AssertLive(int anonymous, int signedIn) => Assert.Equal(counts ? (anonymous, signedIn) : null, Store.CountLive(Start));
    }

    [Fact]
    public async Task Counting_the_living_does_not_call_the_medium()
    {
        await CreateAsync();
        var before = Store.CountLive(Start);
        RequiredFaults.Hang();
        var during = Store.CountLive(Start);
        RequiredFaults.Heal();
        Assert.Equal(before, during);
    }

    private SessionCommit CreationBy(SessionClient client) => new()
    {
        Id = _id,
        Now = Start,
        Creates = true,
        Secret = Replace(_secret, null, required: true),
        Client = client,
    };

    private async Task<List<SessionRecord>> ListAllAsync()
    {
        var listed = new List<SessionRecord>();
        await foreach (var record in Store.ListAsync(Start.AddMinutes(1), cancellationToken: Cancellation))
        {
            listed.Add(record);
        }

        return listed;
    }
}
