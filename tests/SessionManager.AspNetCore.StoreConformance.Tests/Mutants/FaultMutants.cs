namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>Faults, and the rest.</summary>
internal static class FaultMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "A call is bounded by the timeout",
            "_call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, cancellationToken)",
            "medium.RunAsync(step, text, isWrite)",
            nameof(SessionStoreConformance.A_medium_that_hangs_costs_one_timeout)),
        new(
            "A call is bounded by the timeout that the store was told",
            "new(ioTimeout,",
            "new(ioTimeout * 100,",
            nameof(SessionStoreConformance.A_medium_that_hangs_costs_one_timeout)),
        new(
            "A fault is a store exception",
            "_call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, cancellationToken)",
            "medium.RunAsync(step, text, isWrite).WaitAsync(ioTimeout, cancellationToken)",
            nameof(SessionStoreConformance.A_failure_is_a_store_exception)),
        new(
            "The text of a fault names nothing",
            "await _call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, "
            + "cancellationToken);",
            """
            await NameAllAsync(medium.RunAsync(step, text, isWrite).WaitAsync(ioTimeout, cancellationToken));

            private static async Task<T> NameAllAsync<T>(Task<T> call)
            {
                try
                {
                    return await call;
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    throw new SessionStoreException(exception.Message);
                }
            }
            """,
            nameof(SessionStoreConformance.A_failure_is_a_store_exception)),
        new(
            "A cause of a fault names nothing",
            "await _call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, "
            + "cancellationToken);",
            """
            await NameAllAsync(medium.RunAsync(step, text, isWrite).WaitAsync(ioTimeout, cancellationToken));

            private static async Task<T> NameAllAsync<T>(Task<T> call)
            {
                try
                {
                    return await call;
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    throw new SessionStoreException("The store failed.", exception);
                }
            }
            """,
            nameof(SessionStoreConformance.A_failure_is_a_store_exception)),
        new(
            "A cancellation is no fault",
            "_call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, cancellationToken)",
            "_call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, CancellationToken.None)",
            nameof(SessionStoreConformance.A_cancellation_by_the_caller_is_no_fault)),
        new(
            "A fault is over when it is over",
            "await _call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, "
            + "cancellationToken);",
            """
            _broken
                ? throw new SessionStoreException("Broken.")
                : await RunOnceAsync(step, id, text, isWrite, cancellationToken);

            private volatile bool _broken;

            private async ValueTask<T> RunOnceAsync<T>(
                Func<Medium, T> step, Guid id, string text, bool isWrite, CancellationToken cancellationToken)
            {
                try
                {
                    return await _call.RunAsync(
                        (state, _) => state.RunAsync(step, text, isWrite), medium, id, cancellationToken);
                }
                catch (SessionStoreException)
                {
                    _broken = true;
                    throw;
                }
            }
            """,
            nameof(SessionStoreConformance.After_a_failure_the_next_call_works)),
        new(
            "Calls do not wait for each other's timeouts",
            "await _call.RunAsync((state, _) => state.RunAsync(step, text, isWrite), medium, id, "
            + "cancellationToken);",
            """
            await RunOneByOneAsync(step, id, text, isWrite, cancellationToken);

            private readonly SemaphoreSlim _one = new(1);

            private async ValueTask<T> RunOneByOneAsync<T>(
                Func<Medium, T> step, Guid id, string text, bool isWrite, CancellationToken cancellationToken)
            {
                await _one.WaitAsync(cancellationToken);
                try
                {
                    return await _call.RunAsync(
                        (state, _) => state.RunAsync(step, text, isWrite), medium, id, cancellationToken);
                }
                finally
                {
                    _one.Release();
                }
            }
            """,
            nameof(SessionStoreConformance.Many_calls_to_a_medium_that_hangs_end_together)),
        new(
            "A probe asks the medium",
            "await RunAsync(_ => true, Guid.Empty, \"PING\", isWrite: true, cancellationToken);",
            "await Task.Yield();",
            nameof(SessionStoreConformance.A_probe_of_a_medium_that_fails_fails)),
        new(
            "A probe leaves no session",
            "await RunAsync(_ => true, Guid.Empty, \"PING\", isWrite: true, cancellationToken);",
            """
            await WriteAsync(
            new SessionWrite
            {
                Id = Guid.NewGuid(),
                ExpectedVersion = 0,
                NewVersion = 1,
                Header = default,
                LastSeenAt = default,
                StartedAt = default,
                Now = default,
                KeepUntil = default,
                IndexUntil = default,
            },
            cancellationToken);
            """,
            nameof(SessionStoreConformance.A_probe_succeeds_again_and_again_and_leaves_no_session)),
        new(
            "The name has no address",
            "Name => \"reference\"",
            "Name => \"server:6379\"",
            nameof(SessionStoreConformance.The_name_is_short_and_has_no_address)),
    ];
}
