using System.Security.Claims;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Rules;
using SessionManager.AspNetCore.Tests.Stores;

namespace SessionManager.AspNetCore.Tests;

/// <summary>What comes from outside, a cookie or a stored record, neither throws nor makes us allocate by its say-so,
/// whatever it is.</summary>
public sealed class FuzzTests
{
    private static readonly SessionToken Live = SessionToken.NewFor(SessionToken.NewId());

    private static readonly Gen<string> Bit = Gen.OneOf<string>([.. new[] {
        "sid", "sid=", "SID=", "sid=;", "; ", ";", "=", " ", "\t", "\"", ",", "%00", "\0", "\r\n", "A", "é",
            "sid=sid=", Live.Encode(),
        "sid=" + Live.Encode(),
        Live.Encode()[..42], Live.Encode() + "=", "%41", "other=" + Live.Encode(), new string('x', 5_000) }.Select(
            Gen.Const)]);

    [Fact]
    public void No_cookie_header_throws_or_allocates_and_what_is_accepted_has_one_spelling()
    {
        var cookie = new SessionCookie(
            Options.Create(
                new SessionManagerOptions { Cookie = { Name = "sid" } }), NullLogger<SessionCookie>.Instance);
        Fuzz.Try(Gen.OneOf(Bit, Gen.String[0, 60]).Array[0, 12], bits =>
        {
            var context = new DefaultHttpContext();
            context.Request.Headers.Cookie = string.Concat(bits);
            var (status, token) = (SessionCookieStatus.None, default(SessionToken));
            cookie.Read(context, out _, out _);

            var allocated = Fuzz.Allocated(() => status = cookie.Read(context, out token, out _));

            // Room for four tokens, and nothing for what is none.
            Assert.InRange(allocated, 0, 1_000);
            Assert.Equal(
                status == SessionCookieStatus.WellFormed, string.Concat(bits)
                    .Contains("sid=" + token.Encode(), StringComparison.Ordinal));
        });
    }

    [Fact]
    public void No_token_text_throws_and_what_is_accepted_has_one_spelling() =>
        Fuzz.Try(Fuzz.Damaged(Encoding.Latin1.GetBytes(Live.Encode())), bytes =>
        {
            var text = Encoding.Latin1.GetString(bytes);

            Assert.True(
                !SessionToken.TryParse(text, out var token)
                    || string.Equals(text, token.Encode(), StringComparison.Ordinal));
        });

    [Fact]
    public void No_damaged_record_throws_or_allocates_by_its_say_so() =>
        Fuzz.Try(Gen.Select(Fuzz.Damaged(CacheRecords.Encode(CacheRecords.Fixed())), Gen.Bool), input =>
        {
            // Sealed, it is what a writer that knows the checksum would leave.
            var (bytes, isSealed) = input;
            bytes = isSealed && bytes.Length >= CacheRecords.FixedLength ? CacheRecords.Seal(bytes) : bytes;

            var allocated = Fuzz.Allocated(() =>
            {
                if (CacheRecords.StatusOf(bytes) == StoredSessionStatus.Whole
                    && CacheRecords.Open(bytes) is { } session)
                {
                    _ = session.Values.Count(pair => pair.Value.Length >= 0) + session.Values.Keys.Count();
                    HeaderCodec.Decode(session);
                }
            });

            Assert.InRange(allocated, 0, 20_000 + (100 * bytes.Length));
        });

    [Fact]
    public void No_damaged_principal_throws_or_allocates_by_its_say_so()
    {
        var user = new ClaimsPrincipal(
            new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "ann"), new Claim("größe", "schön 😀")], "test"));
        var whole = SessionPrincipal.Keep(user, new AuthenticationProperties { IsPersistent = true }, "test").Write();
        Fuzz.Try(Fuzz.Damaged(whole), bytes =>
        {
            var record = CommitRules.Create(new SessionCommit
            {
                Id = SampleRecords.Id,
                Now = DateTimeOffset.UnixEpoch,
                Secret = new SessionSecretChange(new byte[32], default, true),
                Identity = new SessionIdentity("ann", "ann", null, null, true) { Principal = bytes },
            });
            var info = new SessionInfo
            {
                SessionId = "x",
                CreatedAt = default,
                LastSeenAt = default,
                ExpiresAt = default
            };

            AuthenticationTicket? read = null;
            var allocated = Fuzz.Allocated(
                () => read = SignInDetails.Read(record.Principal) is { } details
                    ? SessionPrincipal.Read(record, details, info, "test") : null);

            Assert.Equal(bytes.Length == 0 || bytes.SequenceEqual(whole), read is not null);
            Assert.InRange(allocated, 0, 200_000);
        });
    }
}
