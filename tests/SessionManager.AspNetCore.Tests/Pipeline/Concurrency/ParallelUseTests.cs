using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>Several threads of one request, and saves and changes of one request that overlap: a hub with parallel invocations, the resolvers
/// of a GraphQL query.</summary>
public sealed class ParallelUseTests : IAsyncDisposable
{
    private const int Threads = 8;
    private const int Each = 25;

    private readonly FaultCache _cache = new();
    private Browser? _browser;
    private App? _app;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_stored_while_a_save_runs_is_saved_by_the_next_one(bool exists)
    {
        await RunAsync(exists, async session =>
        {
            session.StoreValue("a", "1");
            var gate = _cache.Hold(CacheOperation.Set);
            var first = session.CommitAsync();
            await gate.Reached;
            session.StoreValue("b", "2");
            session.RemoveValue("a");
            Assert.Equal(["b"], session.Keys.Where(key => key != "kept"));
            var second = session.CommitAsync();
            Assert.False(second.IsCompleted);
            session.StoreValue("c", "3");
            gate.Open();
            await Task.WhenAll(first, second);
            Assert.Equal("2", session.GetValue<string>("b"));
        });

        Assert.Equal("nothing 2 3", await StateAsync());
    }

    [Fact]
    public async Task Two_overlapping_commits_and_a_change_afterwards_lose_nothing()
    {
        await RunAsync(exists: true, async session =>
        {
            session.StoreValue("a", "1");
            var gate = _cache.Hold(CacheOperation.Set, after: true);
            var first = session.CommitAsync();
            await gate.Reached;
            session.StoreValue("b", "2");
            var second = session.CommitAsync();
            gate.Open();
            await first;
            session.StoreValue("c", "3");
            await second;
        });

        Assert.Equal("1 2 3", await StateAsync());
    }

    [Fact]
    public async Task Threads_of_one_request_that_store_values_lose_none()
    {
        await RunAsync(exists: false, async session =>
        {
            using var barrier = new Barrier(Threads);
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
                async () =>
                {
                    barrier.SignalAndWait(TestContext.Current.CancellationToken);
                    for (var i = 0; i < Each; i++)
                    {
                        session.StoreValue($"{thread}-{i}", i);
                        Assert.Equal(i, session.GetValue<int>($"{thread}-{i}"));
                        _ = session.Keys.Count;
                        if (i % 5 == 0)
                        {
                            await session.CommitAsync();
                        }
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()));
        });

        Assert.Equal(Threads * Each, int.Parse(await _browser!.ReadAsync("/count"), CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Updates_of_one_value_by_threads_of_one_request_all_count(bool exists)
    {
        await RunAsync(exists, async session =>
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(async () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    await session.UpdateValueAsync<int>("n", n => n + 1);
                }
            })));
            Assert.Equal(Threads * Each, session.GetValue<int>("n"));
        });
    }

    [Fact]
    public async Task An_update_beside_the_requests_own_sign_in_is_not_refused_as_anothers()
    {
        await RunAsync(exists: true, async session =>
        {
            var gate = _cache.Hold(CacheOperation.Set);
            session.SetUserId("ann");
            var signIn = session.CommitAsync();
            await gate.Reached;
            var update = session.UpdateValueAsync<int>("n", n => n + 1, CancellationToken.None).AsTask();
            gate.Open();
            await Task.WhenAll(signIn, update);
            Assert.Equal(("ann", 1), (session.GetUserId(), session.GetValue<int>("n")));
        });
    }

    [Fact]
    public async Task A_sign_in_while_a_save_runs_is_saved_with_its_cookie()
    {
        await RunAsync(exists: true, async session =>
        {
            session.StoreValue("a", "1");
            var gate = _cache.Hold(CacheOperation.Set);
            var save = session.CommitAsync();
            await gate.Reached;
            session.SetUserId("ann");
            Assert.Equal("ann", session.GetUserId());
            gate.Open();
            await save;
        });

        Assert.Equal("ann", await _browser!.ReadAsync("/me"));
        Assert.Equal("1 nothing nothing", await StateAsync());
    }

    [Fact]
    public async Task A_destroy_while_a_save_runs_ends_the_session()
    {
        await RunAsync(exists: true, async session =>
        {
            session.StoreValue("a", "1");
            var gate = _cache.Hold(CacheOperation.Set);
            var save = session.CommitAsync();
            await gate.Reached;
            session.DestroySession();
            Assert.Empty(session.Keys);
            gate.Open();
            await save;
        });

        Assert.Null(_browser!.Token);
    }

    [Fact]
    public async Task What_was_changed_while_a_save_failed_is_saved_with_what_it_left()
    {
        await RunAsync(exists: true, async session =>
        {
            session.StoreValue("a", "1");
            var gate = _cache.Hold(CacheOperation.Set);
            _cache.Plan(CacheOperation.Set, CacheFault.Fail);
            var save = session.CommitAsync();
            await gate.Reached;
            session.StoreValue("b", "2");
            gate.Open();
            await Assert.ThrowsAsync<SessionStoreException>(() => save);
            Assert.Equal(("1", "2"), (session.GetValue<string>("a"), session.GetValue<string>("b")));
            await session.CommitAsync();
        });

        Assert.Equal("1 2 nothing", await StateAsync());
    }

    [Fact]
    public async Task What_was_changed_while_a_save_of_a_new_token_failed_in_doubt_is_saved_after_it()
    {
        await RunAsync(exists: true, async session =>
        {
            session.StoreValue("a", "1");
            session.SetUserId("ann");
            var gate = _cache.Hold(CacheOperation.Set);
            _cache.Plan(CacheOperation.Set, CacheFault.LoseAcknowledgement);
            var save = session.CommitAsync();
            await gate.Reached;
            session.StoreValue("b", "2");
            gate.Open();
            await Assert.ThrowsAsync<SessionStoreException>(() => save);

            // Saved again as it is, the store knows it by its token. With more in it, that would be lost.
            Assert.Throws<SessionStoreException>(() => session.StoreValue("c", "3"));
            await session.CommitAsync();
            session.StoreValue("c", "3");
        });

        Assert.Equal("1 2 3", await StateAsync());
        Assert.Equal("ann", await _browser!.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_commit_that_waited_for_a_refused_one_is_refused_too()
    {
        Task[] commits = [];
        await RunAsync(exists: true, async session =>
        {
            session.StoreValue("a", "1");
            await _browser!.Clone().DoAsync("/destroy");
            var gate = _cache.Hold(CacheOperation.Get);
            var first = session.CommitAsync();
            await gate.Reached;
            commits = [first, session.CommitAsync(), session.CommitAsync()];
            gate.Open();
            foreach (var commit in commits)
            {
                await Assert.ThrowsAsync<SessionEndedException>(() => commit);
            }
        });

        Assert.Equal(3, commits.Length);
    }

    [Fact]
    public async Task A_change_made_while_a_refused_save_ran_is_refused_with_409()
    {
        var status = await RunAsync(exists: true, async session =>
        {
            session.StoreValue("a", "1");
            await _browser!.Clone().DoAsync("/destroy");
            var gate = _cache.Hold(CacheOperation.Get);
            var save = session.CommitAsync();
            await gate.Reached;
            session.StoreValue("b", "2");
            gate.Open();
            await Assert.ThrowsAsync<SessionEndedException>(() => save);
        });

        Assert.Equal(HttpStatusCode.Conflict, status);
    }

    [Fact]
    public async Task A_save_that_nobody_waits_for_is_waited_for_before_the_response()
    {
        var gate = _cache.Hold(CacheOperation.Set);
        var running = RunAsync(exists: null, session =>
        {
            session.StoreValue("a", "1");
            _ = session.CommitAsync();
            return Task.CompletedTask;
        });
        await gate.Reached;
        Assert.False(running.IsCompleted);
        gate.Open();

        Assert.Equal(HttpStatusCode.OK, await running);
        Assert.Equal("1 nothing nothing", await StateAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private async Task<HttpStatusCode> RunAsync(bool? exists, Func<ISessionManager, Task> step)
    {
        var failure = (Exception?)null;
        _app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapGet("/count", (ISessionManager session) => session.Keys.Count);
                app.MapGet("/state", (ISessionManager session) => string.Join(' ', "abc".Select(key => session.GetValue($"{key}", "nothing"))));
                app.MapPost("/step", async (ISessionManager session) =>
                {
                    try
                    {
                        await step(session);
                    }
                    catch (Exception exception)
                    {
                        failure = exception;
                    }
                });
            },
            new AppOptions { Cache = _cache });
        _browser = _app.NewBrowser();
        if (exists == true)
        {
            await _browser.DoAsync("/values/kept/x");
        }

        using var response = await _browser.PostAsync("/step");
        Assert.Null(failure);
        return response.StatusCode;
    }

    private Task<string> StateAsync() => _browser!.ReadAsync("/state");
}
