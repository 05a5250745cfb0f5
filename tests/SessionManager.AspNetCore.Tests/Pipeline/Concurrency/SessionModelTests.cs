using System.Net;
using CsCheck;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>Random interleavings of requests against a sequential model of the rules; a failure prints the smallest case found.</summary>
public sealed class SessionModelTests
{
    private static readonly string[] Starts = ["", "set:n:0", "set:a:0,set:n:0", "in:ann,set:a:0", "in:ann,set:n:0,out"];

    // Some more often than others.
    private static readonly Gen<string> GenCall = Gen.OneOf(
        "set:a:1", "set:a:2", "set:b:1", "set:n:5", "remove:a", "remove:b", "in:ann", "in:ann", "in:bob", "out", "out", "rotate", "rotate", "destroy");

    private static readonly Gen<(string Calls, string Then)> GenScript = Gen.Select(
        GenCall.Array[0, 3],
        Gen.OneOf("", "", "", "", "", "add:n", "take:n", "take:a"),
        (calls, then) => (then.Length > 0 ? "" : string.Join(',', calls), then));

    private static readonly Gen<ModelStep> GenStep = Gen.Select(
        Gen.Bool, Gen.Int[0, 5], GenScript, (begins, pick, script) => new ModelStep(begins, pick, script.Calls, script.Then));

    private static readonly Gen<(string Start, ModelStep[] Steps)> GenCase =
        Gen.Select(Gen.OneOf(Starts), GenStep.Array[1, 12], (start, steps) => (start, steps));

    [Fact]
    public async Task Interleaved_requests_do_what_the_rules_say()
    {
        await using var app = await ScriptedApp.StartAsync();
        await GenCase.SampleAsync(
            sample => CheckAsync(app, sample.Start, sample.Steps),
            iter: 3000,
            print: sample => $"start [{sample.Start}]; {string.Join("; ", sample.Steps.AsEnumerable())}");
    }

    private static async Task CheckAsync(ScriptedApp app, string start, ModelStep[] steps)
    {
        var tokens = new List<(string Token, ModelRecord Record, int Secret)>();
        var running = new List<(HeldRequest Real, ModelRequest Model)>();
        await BeginAsync(new ModelStep(Begins: true, 0, start, ""));
        await EndAsync(0);

        foreach (var step in steps)
        {
            if (step.Begins && running.Count < 4)
            {
                await BeginAsync(step);
            }
            else if (running.Count > 0)
            {
                await EndAsync(step.Pick % running.Count);
            }
        }

        while (running.Count > 0)
        {
            await EndAsync(0);
        }

        async Task BeginAsync(ModelStep step)
        {
            var browser = app.NewBrowser();
            ModelRecord? loaded = null;
            ModelRecord? recognised = null;
            ModelRecord? endable = null;
            // The last pick is a browser without a token.
            if (step.Pick % (tokens.Count + 1) is var pick && pick < tokens.Count)
            {
                browser.Token = tokens[pick].Token;
                loaded = Opened(tokens[pick]);
                recognised = loaded is null && tokens[pick].Record.Recognises(tokens[pick].Secret) ? tokens[pick].Record : null;
                endable = loaded is null && tokens[pick].Record.MayEnd(tokens[pick].Secret) ? tokens[pick].Record : null;
            }

            var model = new ModelRequest(loaded, recognised, endable, ScriptCall.ParseAll(step.Calls), step.Then.Length > 0 ? ScriptCall.Parse(step.Then) : null);
            running.Add((await app.BeginAsync(browser, step.Calls, step.Then), model));
        }

        async Task EndAsync(int index)
        {
            var (real, model) = running[index];
            running.RemoveAt(index);
            var token = real.Tab.Token;
            var status = await real.FinishAsync();
            model.Finish();

            Assert.Equal(model.IsRefused, status == HttpStatusCode.Conflict);
            Assert.True(model.IsRefused || status is HttpStatusCode.NoContent or HttpStatusCode.OK, $"{status}");
            Assert.Equal(model.Issued is not null || model.ExpiresCookie ? 1 : 0, real.Tab.LastSetCookies.Count);
            if (model.Issued is { } issued)
            {
                Assert.DoesNotContain(tokens, known => known.Token == real.Tab.Token);
                tokens.Add((real.Tab.Token!, issued, model.IssuedSecret));
            }
            else
            {
                Assert.Equal(model.ExpiresCookie ? null : token, real.Tab.Token);
            }

            foreach (var known in tokens)
            {
                Assert.Equal((Opened(known)?.Session ?? new ModelSession()).ToString(), await app.StateOfAsync(known.Token));
            }
        }
    }

    private static ModelRecord? Opened((string Token, ModelRecord Record, int Secret) token)
    {
        token.Record.See(token.Secret);
        return token.Record.Opens(token.Secret) ? token.Record : null;
    }
}
