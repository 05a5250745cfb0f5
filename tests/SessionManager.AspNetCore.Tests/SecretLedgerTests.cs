using System.Diagnostics;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>That the guard over the whole suite finds what it looks for, and tells what we say from what a server says of a URL.</summary>
public sealed class SecretLedgerTests
{
    private readonly SecretLedger _ledger = new();
    private readonly string _token = SessionToken.NewFor(SessionToken.NewId()).Encode();

    public SecretLedgerTests() => _ledger.AddToken(_token);

    [Theory]
    [InlineData("SessionManager.AspNetCore.Pipeline.SessionLoader")]
    [InlineData("SessionManager.AspNetCore")]
    [InlineData("Microsoft.AspNetCore.Routing")]
    public void A_token_in_a_log_line_is_found_whoever_wrote_it_also_when_it_was_sent_in_a_query(string category)
    {
        _ledger.AddTokenInQuery(_token);
        _ledger.TellLog(category, 1, $"GET /?sid={_token}", exception: null);
        Assert.StartsWith($"a token in {category}", Assert.Single(_ledger.Leaks()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("url.query")]
    [InlineData("url.full")]
    public void A_servers_url_may_hold_a_token_that_was_sent_in_a_query_and_no_other(string tag)
    {
        Tell("Microsoft.AspNetCore", tag, $"?sid={_token}");
        _ledger.TellLog("Microsoft.AspNetCore.Hosting.Diagnostics", 1, $"Request starting HTTP/1.1 GET http://localhost/?sid={_token} - - -", exception: null);
        Assert.Single(_ledger.Leaks());

        _ledger.AddTokenInQuery(_token);
        Assert.Empty(_ledger.Leaks());
    }

    [Fact]
    public void The_same_in_a_url_that_we_tell_is_found()
    {
        _ledger.AddTokenInQuery(_token);
        Tell("SessionManager.AspNetCore", "url.query", $"?sid={_token}");
        Assert.Single(_ledger.Leaks());
    }

    [Fact]
    public void Nor_may_a_server_tell_it_in_anything_but_the_url()
    {
        _ledger.AddTokenInQuery(_token);
        Tell("Microsoft.AspNetCore", "http.request.header.cookie", $"sid={_token}");
        Assert.Single(_ledger.Leaks());
    }

    [Fact]
    public void A_value_in_what_our_traces_and_logs_say_is_found_and_in_a_servers_is_not_looked_for()
    {
        _ledger.AddValue("a-pear-for-the-ledger");
        Tell("Microsoft.AspNetCore", "url.path", "/values/a/a-pear-for-the-ledger");
        Assert.Empty(_ledger.ToldValues());

        Tell("SessionManager.AspNetCore.Redis", "value", "a-pear-for-the-ledger");
        Assert.Single(_ledger.ToldValues());
    }

    private void Tell(string source, string tag, string value)
    {
        // The suite's own guard listens to every source, so there is an activity; it does not know this token.
        using var own = new ActivitySource(source);
        using var activity = own.StartActivity("test");
        activity!.SetTag(tag, value);
        _ledger.TellTrace(activity);
    }
}
