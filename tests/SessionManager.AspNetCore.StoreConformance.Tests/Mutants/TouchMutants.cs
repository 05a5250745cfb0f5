namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>What a touch does.</summary>
internal static class TouchMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "A touch moves forwards only",
            "before.LastSeenAt >= touch.LastSeenAt",
            "false",
            nameof(SessionStoreConformance.A_touch_that_is_not_later_changes_nothing)),
        new(
            "A touch at the same time moves nothing",
            "before.LastSeenAt >= touch.LastSeenAt",
            "before.LastSeenAt > touch.LastSeenAt",
            nameof(SessionStoreConformance.A_touch_that_is_not_later_changes_nothing)),
        new(
            "A touch by a millisecond counts",
            "before.LastSeenAt >= touch.LastSeenAt",
            "before.LastSeenAt > touch.LastSeenAt.AddSeconds(-1)",
            nameof(SessionStoreConformance.A_touch_by_a_millisecond_counts)),
        new(
            "A touch leaves a version of its own",
            "Session = touch.ApplyTo(before)",
            "Session = new StoredSession { Id = before.Id, Version = before.Version, Header = before.Header, "
            + "LastSeenAt = touch.LastSeenAt, StartedAt = before.StartedAt, Values = before.Values }",
            nameof(SessionStoreConformance.A_write_decided_before_a_touch_is_refused)),
        new(
            "A touch keeps the values",
            "Session = touch.ApplyTo(before)",
            "Session = new StoredSession { Id = before.Id, Version = touch.NewVersion, Header = before.Header, "
            + "LastSeenAt = touch.LastSeenAt, StartedAt = before.StartedAt }",
            nameof(SessionStoreConformance.A_touch_moves_the_last_use_forwards_and_leaves_its_version)),
        new(
            "A touch keeps the start",
            "Session = touch.ApplyTo(before)",
            "Session = new StoredSession { Id = before.Id, Version = touch.NewVersion, Header = before.Header, "
            + "LastSeenAt = touch.LastSeenAt, StartedAt = touch.StartedAt, Values = before.Values }",
            nameof(SessionStoreConformance.A_touch_changes_neither_user_nor_start)),
        new(
            "A touch keeps the user",
            "Session = touch.ApplyTo(before)",
            """
            UserId = touch.UserId,
            Session = touch.ApplyTo(before)
            """,
            nameof(SessionStoreConformance.A_touch_changes_neither_user_nor_start)),
        new(
            "A touch creates nothing",
            "before is not { Status: StoredSessionStatus.Whole } || before.LastSeenAt >= touch.LastSeenAt",
            "before is { Status: not StoredSessionStatus.Whole } || before?.LastSeenAt >= touch.LastSeenAt",
            nameof(SessionStoreConformance.A_touch_creates_nothing)),
        new(
            "A touch leaves a record that cannot be read",
            "before is not { Status: StoredSessionStatus.Whole } ||",
            "before is null ||",
            nameof(SessionStoreConformance.A_touch_does_nothing_to_a_record_that_cannot_be_read)),
        new(
            "A touch says whether it moved the time",
            """
                    {
                        return false;
                    }

                    var record
            """,
            """
                    {
                return true;
            }

            var record
            """,
            nameof(SessionStoreConformance.A_touch_that_is_not_later_changes_nothing)),
        new(
            "A touch keeps the record longer",
            "Later(record.KeepUntil, touch.KeepUntil)",
            "record.KeepUntil",
            nameof(SessionStoreConformance.A_touch_keeps_the_record_longer)),
        new(
            "A touch never shortens",
            "Later(record.KeepUntil, touch.KeepUntil)",
            "touch.KeepUntil",
            nameof(SessionStoreConformance.A_touch_that_says_less_keeps_the_record_no_shorter)),
        new(
            "A touch heals the index",
            "if (touch.UserId is not null)",
            "if (server.Users.Count < 0)",
            nameof(SessionStoreConformance.A_touch_brings_a_lost_index_entry_back)),
    ];
}
