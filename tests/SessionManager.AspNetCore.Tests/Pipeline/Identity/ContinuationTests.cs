using System.Buffers.Binary;
using System.Buffers.Text;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>The text that leads from one page to the next: where it works, what it refuses, and what it
/// holds.</summary>
public sealed class ContinuationTests
{
    public static TheoryData<string> Malformed =>
    [
        "", " ", "x", "null", "<script>alert(1)</script>", "a\r\nb", "\0", "😀",
        new string('A', 40), new string('_', 40),
        new string('A', 39), new string('A', 41), new string('é', 40), new string('/', 40), new string('A', 100_000),
        "00000000-0000-0000-0000-000000000000",
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Malformed_text_is_an_argument_exception_that_does_not_repeat_it(string continuation)
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(2, "alice");

        await AssertRefusedAsync(() => app.Directory.ListPageAsync(1, continuation), continuation);
        await AssertRefusedAsync(() => app.Directory.FindByUserPageAsync("alice", 1, continuation), continuation);
    }

    [Fact]
    public async Task Text_that_was_cut_or_altered_anywhere_is_refused()
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(2, "alice");
        var continuation = (await app.Directory.ListPageAsync(1)).Continuation!;

        for (var i = 0; i < continuation.Length; i++)
        {
            var other = continuation[i] == 'A' ? 'B' : 'A';
            await AssertRefusedAsync(
                () => app.Directory.ListPageAsync(1, $"{continuation[..i]}{other}{continuation[(i + 1)..]}"));
            await AssertRefusedAsync(() => app.Directory.ListPageAsync(1, continuation[..i]));
        }

        foreach (var text in (string[])
            [$" {continuation}", $"{continuation} ", $"{continuation}=", continuation + continuation])
        {
            await AssertRefusedAsync(() => app.Directory.ListPageAsync(1, text));
        }
    }

    [Fact]
    public async Task Text_of_another_list_is_refused()
    {
        await using var app = await DirectoryApp.StartAsync();
        foreach (var user in (string[])["alice", "Alice", "alice ", "7", "07"])
        {
            await app.BeginAsync(2, user);
        }

        var all = (await app.Directory.ListPageAsync(1)).Continuation;
        var alice = (await app.Directory.FindByUserPageAsync("alice", 1)).Continuation;
        var seven = (await app.Directory.FindByUserPageAsync(7, 1)).Continuation;

        await AssertRefusedAsync(() => app.Directory.ListPageAsync(1, alice));
        await AssertRefusedAsync(() => app.Directory.FindByUserPageAsync("alice", 1, all));
        await AssertRefusedAsync(() => app.Directory.FindByUserPageAsync("Alice", 1, alice));
        await AssertRefusedAsync(() => app.Directory.FindByUserPageAsync("alice ", 1, alice));
        await AssertRefusedAsync(() => app.Directory.FindByUserPageAsync("07", 1, seven));
        await AssertRefusedAsync(() => app.Directory.FindByUserPageAsync("", 1, alice));
        await AssertRefusedAsync(() => app.Directory.FindByUserPageAsync(0, 1, all));
        Assert.Single((await app.Directory.FindByUserPageAsync("7", 1, seven)).Sessions);
    }

    [Fact]
    public async Task Text_of_one_process_works_in_another_and_later()
    {
        await using var app = await DirectoryApp.StartAsync();
        await using var other = await DirectoryApp.StartAsync();
        await app.BeginAsync(2, "alice");
        var continuation = (await app.Directory.ListPageAsync(1)).Continuation;
        app.Clock.Advance(TimeSpan.FromDays(400));

        Assert.Empty((await app.Directory.ListPageAsync(1, continuation)).Sessions);
        Assert.Empty((await other.Directory.ListPageAsync(1, continuation)).Sessions);
    }

    [Fact]
    public async Task It_goes_into_a_URL_as_it_is_and_holds_the_id_and_the_time_of_the_last_session_alone()
    {
        await using var app = await DirectoryApp.StartAsync();
        var browsers = await app.BeginAsync(3, "alice");

        foreach (var page in (SessionPage[])
            [await app.Directory.ListPageAsync(2), await app.Directory.FindByUserPageAsync("alice", 2)])
        {
            var (last, text) = (page.Sessions[^1], page.Continuation!);
            var bytes = Base64Url.DecodeFromChars(text);

            Assert.Equal(Uri.EscapeDataString(text), text);
            var signedInAt = last.AuthenticatedAt!.Value.ToUnixTimeMilliseconds();
            Assert.Equal(signedInAt, BinaryPrimitives.ReadInt64BigEndian(bytes));
            Assert.Equal(last.SessionId, new Guid(bytes.AsSpan(8, 16), bigEndian: true).ToString());

            // The rest is a checksum, which takes nothing of the record but these two.
            Assert.Equal(30, bytes.Length);
            Assert.All(
                browsers, browser => Assert.DoesNotContain(browser.Token![22..], text, StringComparison.Ordinal));
        }
    }

    private static async Task AssertRefusedAsync(Func<Task<SessionPage>> read, string? text = null)
    {
        var exception = await Assert.ThrowsAsync<ArgumentException>(read);
        Assert.Equal("continuation", exception.ParamName);
        Assert.True(
            text is not { Length: > 1 } || string.IsNullOrWhiteSpace(text)
            || text == "null" || !exception.Message.Contains(text, StringComparison.Ordinal),
            "The message repeats the text.");
    }
}
