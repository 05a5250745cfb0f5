namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>What a write expects, and what it leaves.</summary>
internal static class WriteMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "A repeated write is recognised",
            "before?.Version == write.NewVersion",
            "false",
            nameof(SessionStoreConformance.The_same_write_again_is_swapped_and_changes_nothing)),
        new(
            "A repeated creation is recognised",
            "before?.Version == write.NewVersion",
            "write.ExpectedVersion != 0 && before?.Version == write.NewVersion",
            nameof(SessionStoreConformance.The_same_creation_again_is_swapped_and_changes_nothing)),
        new(
            "A repeated write changes nothing",
            """
            if (before?.Version == write.NewVersion)
                    {
            """,
            """
            if (before?.Version == write.NewVersion)
            {
                server.Records[write.Id] = server.Records[write.Id] with { Session = Apply(write, before) };
            """,
            nameof(SessionStoreConformance.A_write_whose_version_is_stored_changes_nothing_whatever_else_it_says)),
        new(
            "A repeated write is recognised by its version",
            "before?.Version == write.NewVersion",
            "before?.Version == write.NewVersion || (before is not null && write.ExpectedVersion == 0)",
            nameof(SessionStoreConformance.The_same_write_again_is_refused_after_another_write)),
        new(
            "The stored version is compared",
            "(before?.Version ?? 0) != write.ExpectedVersion",
            "false",
            nameof(SessionStoreConformance.A_write_that_expects_another_version_is_refused_whole)),
        new(
            "A creation needs a free id",
            "(before?.Version ?? 0) != write.ExpectedVersion",
            "write.ExpectedVersion != 0 && (before?.Version ?? 0) != write.ExpectedVersion",
            nameof(SessionStoreConformance.A_write_that_expects_no_record_is_refused_where_there_is_a_record)),
        new(
            "A write that expects a record creates none",
            "(before?.Version ?? 0) != write.ExpectedVersion",
            "before is not null && (before?.Version ?? 0) != write.ExpectedVersion",
            nameof(SessionStoreConformance.A_write_that_expects_a_record_is_refused_where_there_is_none)),
        new(
            "A version is no floating-point number",
            "Version = write.NewVersion",
            "Version = (long)(double)write.NewVersion",
            nameof(SessionStoreConformance.A_version_keeps_all_its_bits)),
        new(
            "A version may be negative",
            "Version = write.NewVersion",
            "Version = Math.Abs(write.NewVersion)",
            nameof(SessionStoreConformance.A_version_keeps_all_its_bits)),
        new(
            "A refused write brings back what is stored",
            "SessionWriteResult.Moved(before)",
            "SessionWriteResult.Moved(null)",
            nameof(SessionStoreConformance.A_refused_write_brings_back_all_that_is_stored)),
        new(
            "A refused write brings back the values",
            "SessionWriteResult.Moved(before)",
            "SessionWriteResult.Moved(before is null ? null : new StoredSession { Id = before.Id, Version = "
            + "before.Version, Header = before.Header, LastSeenAt = before.LastSeenAt, StartedAt = before.StartedAt "
            + "})",
            nameof(SessionStoreConformance.A_refused_write_brings_back_all_that_is_stored)),
        new(
            "A refused write changes nothing",
            "return SessionWriteResult.Moved(before)",
            """
            server.Records[write.Id] = server.Records[write.Id] with { UserId = write.UserId };
            return SessionWriteResult.Moved(before)
            """,
            nameof(SessionStoreConformance.A_write_that_expects_another_version_is_refused_whole)),
        new(
            "A refused write keeps the record as long as before",
            "return SessionWriteResult.Moved(before)",
            """
            server.Records[write.Id] = server.Records[write.Id] with { KeepUntil = write.KeepUntil };
            return SessionWriteResult.Moved(before)
            """,
            nameof(SessionStoreConformance.A_refused_write_keeps_the_record_as_long_as_before)),
        new(
            "A tombstone keeps its id",
            "server.Records[write.Id] = new MediumRecord",
            """
            if (write.IsTombstone)
            {
                server.Records.Remove(write.Id);
                return SessionWriteResult.Swapped;
            }

            server.Records[write.Id] = new MediumRecord
            """,
            nameof(SessionStoreConformance.Nothing_begins_under_the_id_of_a_tombstone)),
        new(
            "A tombstone is touched like others",
            "before.LastSeenAt >= touch.LastSeenAt",
            "before.LastSeenAt >= touch.LastSeenAt || before.Header.Span.StartsWith(\"ended\"u8)",
            nameof(SessionStoreConformance.A_tombstone_can_be_written_and_touched)),
        new(
            "A record is kept as long as its write says",
            "KeepUntil = write.KeepUntil",
            "KeepUntil = write.Now.AddMinutes(20)",
            nameof(SessionStoreConformance.A_record_is_kept_as_long_as_its_write_says)),
        new(
            "A tombstone is kept as long as its write says",
            "KeepUntil = write.KeepUntil",
            "KeepUntil = write.IsTombstone ? write.Now : write.KeepUntil",
            nameof(SessionStoreConformance.A_tombstone_is_kept_as_long_as_its_write_says)),
        new(
            "A record that cannot be read is replaced",
            "(before?.Version ?? 0) != write.ExpectedVersion",
            "before is { Status: not StoredSessionStatus.Whole } || (before?.Version ?? 0) != write.ExpectedVersion",
            nameof(SessionStoreConformance.A_write_that_expects_no_record_replaces_one_that_cannot_be_read_whole)),
        new(
            "A record that cannot be read is replaced whole",
            "Apply(write, before),",
            "Apply(write, server.Records.GetValueOrDefault(write.Id)?.Session),",
            nameof(SessionStoreConformance.A_write_that_expects_no_record_replaces_one_that_cannot_be_read_whole)),
        new(
            "A write compares and writes in one step",
            "RunAsync(server => Write(server, write), write.Id, Quote(write), isWrite: true, cancellationToken);",
            """
            WriteInTwoStepsAsync(write, cancellationToken);

            private async ValueTask<SessionWriteResult> WriteInTwoStepsAsync(SessionWrite write, CancellationToken end)
            {
                var before = await LoadAsync(write.Id, end);
                return before?.Version == write.NewVersion || (before?.Version ?? 0) == write.ExpectedVersion
                    ? await RunAsync(server => Write(server, write, before), write.Id, "", isWrite: true, end)
                    : SessionWriteResult.Moved(before);
            }

            private static SessionWriteResult Write(Medium server, SessionWrite write, StoredSession? before)
            {
                server.Records[write.Id] = new MediumRecord
                {
                    Session = Apply(write, before), UserId = write.UserId, WrittenAt = write.Now,
                    KeepUntil = write.KeepUntil,
                };
                return SessionWriteResult.Swapped;
            }
            """,
            nameof(SessionStoreConformance.Every_increment_that_is_decided_again_until_it_is_applied_counts)),
        new(
            "A store remembers nothing that another may change",
            "RunAsync(server => Read(server, id), id, $\"GET {id:N}\", isWrite: false, cancellationToken);",
            """
            LoadOnceAsync(id, cancellationToken);

            private readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, StoredSession?> _known = new();

            private async ValueTask<StoredSession?> LoadOnceAsync(Guid id, CancellationToken cancellation) =>
                _known.TryGetValue(id, out var known) && known is not null ? known : _known[id] = await RunAsync(
                    server => Read(server, id), id, "", isWrite: false, cancellation);
            """,
            nameof(SessionStoreConformance.A_second_store_loads_what_the_first_has_written)),
        new(
            "A write in bulk that is refused holds up no other",
            "[.. writes.Select(write => Write(server, write))]",
            "[.. writes.Select(write => Write(server, write)).TakeWhile(result => result.IsSwapped)]",
            nameof(SessionStoreConformance.Writes_in_bulk_are_applied_or_refused_each_by_its_own_version)),
        new(
            "The results of writes in bulk stand in the order of the writes",
            "[.. writes.Select(write => Write(server, write))]",
            "[.. writes.Reverse().Select(write => Write(server, write))]",
            nameof(SessionStoreConformance.Writes_in_bulk_are_applied_or_refused_each_by_its_own_version)),
        new(
            "A write in bulk that is refused brings back what is stored",
            "[.. writes.Select(write => Write(server, write))]",
            "[.. writes.Select(write => Write(server, write).IsSwapped ? SessionWriteResult.Swapped "
            + ": SessionWriteResult.Moved(null))]",
            nameof(SessionStoreConformance.Ends_in_bulk_are_applied_or_refused_each_by_its_own_version)),
    ];
}
