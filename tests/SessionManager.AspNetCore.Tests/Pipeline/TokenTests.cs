using System.Buffers.Text;
using System.Globalization;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>The token: what it is made of, how it is spelled, and that nothing but the exact spelling opens a session.</summary>
public sealed class TokenTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const string LastAlphabet = "AEIMQUYcgkosw048";
    private const int Length = 43;

    [Fact]
    public void Ten_thousand_tokens_have_43_characters_and_are_distinct()
    {
        var tokens = Tokens(10_000);

        Assert.All(tokens, token => Assert.Equal(Length, token.Length));
        Assert.Equal(tokens.Length, tokens.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(tokens.Length, tokens.Select(token => token[..21]).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(tokens.Length, tokens.Select(token => token[22..]).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Every_position_of_a_token_uses_its_alphabet_evenly()
    {
        var tokens = Tokens(10_000);

        for (var position = 0; position < Length; position++)
        {
            var last = position == Length - 1;
            var alphabet = last ? LastAlphabet : Alphabet;
            var counts = tokens.CountBy(token => token[position]).ToDictionary();
            Assert.Empty(counts.Keys.Except(alphabet));

            // Chi-square with 63 (15) degrees of freedom: an even source exceeds the bound once in 10^13 runs, one fixed bit by far.
            var expected = (double)tokens.Length / alphabet.Length;
            var deviation = alphabet.Sum(c => Math.Pow(counts.GetValueOrDefault(c) - expected, 2) / expected);
            Assert.True(deviation < (last ? 110 : 200), string.Create(CultureInfo.InvariantCulture, $"Position {position}: {deviation}"));
        }
    }

    [Fact]
    public void A_token_reads_back_as_it_was_written()
    {
        foreach (var text in Tokens(1_000))
        {
            Assert.True(SessionToken.TryParse(text, out var token));
            Assert.Equal(text, token.Encode());
        }
    }

    [Theory]
    [InlineData(0, Alphabet)]
    [InlineData(21, Alphabet)]
    [InlineData(Length - 1, LastAlphabet)]
    public void Of_all_characters_only_the_alphabet_is_accepted(int position, string alphabet)
    {
        var text = NewToken().Encode().ToCharArray();
        for (var c = (int)char.MinValue; c <= char.MaxValue; c++)
        {
            text[position] = (char)c;
            Assert.Equal(alphabet.Contains((char)c, StringComparison.Ordinal), SessionToken.TryParse(text, out _));
        }
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\t")]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\0")]
    [InlineData("=")]
    [InlineData("A")]
    [InlineData("\u00a0")]
    public void A_token_with_a_character_too_many_is_refused_wherever_it_stands(string added)
    {
        var text = NewToken().Encode();
        for (var position = 0; position <= Length; position++)
        {
            Assert.False(SessionToken.TryParse(text.Insert(position, added), out _));
        }
    }

    [Fact]
    public void A_token_of_another_length_is_refused()
    {
        var text = NewToken().Encode() + NewToken().Encode();
        for (var length = 0; length <= text.Length; length++)
        {
            Assert.Equal(length == Length, SessionToken.TryParse(text.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void A_refused_text_leaves_no_token_behind()
    {
        Assert.False(SessionToken.TryParse(NewToken().Encode() + "=", out var token));
        Assert.Equal(default, token);
    }

    [Fact]
    public void The_text_of_a_token_shows_the_public_id_and_nothing_of_the_secret()
    {
        var token = NewToken();
        var secret = Base64Url.DecodeFromChars(token.Encode()).AsSpan(16);

        Assert.Equal(token.Id.ToString(), token.ToString());
        Assert.Equal(token.Id.ToString(), $"{token}");
        Assert.DoesNotContain(Convert.ToHexString(secret), token.ToString().Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_id_and_the_secret_share_no_bytes()
    {
        var bytes = Base64Url.DecodeFromChars(NewToken().Encode());

        Assert.NotEqual(bytes[..16], bytes[16..]);
        Assert.Equal(bytes[..16], Convert.FromHexString(SessionTokenOf(bytes).Id.ToString("N")));
    }

    [Fact]
    public async Task A_live_token_with_any_one_character_changed_is_dead()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var owner = app.NewBrowser();
        await owner.DoAsync("/sign-in/alice");
        var token = owner.Token!;
        Assert.Equal("alice", await owner.ReadAsync("/me"));

        var thief = app.NewBrowser();
        for (var position = 0; position < Length; position++)
        {
            var alphabet = position == Length - 1 ? LastAlphabet : Alphabet;
            var other = alphabet[(alphabet.IndexOf(token[position], StringComparison.Ordinal) + 1) % alphabet.Length];
            thief.Token = $"{token[..position]}{other}{token[(position + 1)..]}";

            Assert.Equal("nobody", await thief.ReadAsync("/me"));
            Assert.Empty(thief.LastSetCookies);
        }

        Assert.Equal("alice", await owner.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_cookie_tells_neither_user_nor_time_nor_what_the_session_is()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var tokens = new List<string>();
        for (var i = 0; i < 300; i++)
        {
            // The same user, at the same moment, in the same state.
            var browser = app.NewBrowser();
            await browser.DoAsync("/sign-in/alice");
            tokens.Add(browser.Token!);
        }

        // What all of them had in common would stand at the same place; by chance alone each has a character there in six.
        for (var position = 0; position < Length; position++)
        {
            Assert.InRange(tokens.CountBy(token => token[position]).Max(pair => pair.Value), 1, 60);
        }
    }

    [Theory]
    [InlineData("/sign-in/alice")]
    [InlineData("/sign-in/bob")]
    [InlineData("/sign-out")]
    [InlineData("/rotate")]
    public async Task A_new_token_shares_no_secret_with_the_old_one(string path)
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var seen = new List<byte[]>();
        for (var i = 0; i < 20; i++)
        {
            seen.Add(Base64Url.DecodeFromChars(browser.Token!)[16..]);
            await browser.DoAsync(path);
            if (path == "/sign-out")
            {
                seen.Add(Base64Url.DecodeFromChars(browser.Token!)[16..]);
                await browser.DoAsync("/sign-in/alice");
            }
        }

        // Two random secrets of 16 bytes agree in five places once in 10^9 pairs.
        Assert.All(Enumerable.Range(1, seen.Count - 1), i => Assert.InRange(seen[i].Zip(seen[i - 1]).Count(pair => pair.First == pair.Second), 0, 4));
    }

    private static SessionToken NewToken() => SessionToken.NewFor(SessionToken.NewId());

    private static string[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => NewToken().Encode())];

    private static SessionToken SessionTokenOf(byte[] bytes)
    {
        Assert.True(SessionToken.TryParse(Base64Url.EncodeToString(bytes), out var token));
        return token;
    }
}
