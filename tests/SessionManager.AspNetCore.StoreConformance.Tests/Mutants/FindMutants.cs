namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>What is found and listed.</summary>
internal static class FindMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "A user's case counts",
            """
            server.Users.GetValueOrDefault(userId)?.Ids ?? [])
                        .Where(id => server.Records.TryGetValue(id, out var record) && record.UserId == userId
            """,
            """
            server.Users
                .Where(user => user.Key.Equals(userId, StringComparison.OrdinalIgnoreCase))
                .SelectMany(user => user.Value.Ids))
            .Where(id => server.Records.TryGetValue(id, out var record) && 
                string.Equals(record.UserId, userId, StringComparison.OrdinalIgnoreCase)
            """,
            nameof(SessionStoreConformance.Users_are_told_apart_by_each_of_their_characters)),
        new(
            "A former user has no session",
            "record.UserId == userId",
            "record.Status == StoredSessionStatus.Whole",
            nameof(SessionStoreConformance.Who_is_signed_in_later_has_the_session_and_nobody_else)),
        new(
            "Sessions of a user are sorted",
            """
            .Select(id => Read(server, id)!)
                        .Order(SessionPosition.OldestFirst)
            """,
            ".Select(id => Read(server, id)!)",
            nameof(SessionStoreConformance.Sessions_are_found_oldest_first)),
        new(
            "Sessions of a user are sorted by id among one time",
            """
            .Select(id => Read(server, id)!)
                        .Order(SessionPosition.OldestFirst)
            """,
            """
            .Select(id => Read(server, id)!)
            .OrderBy(session => session.StartedAt)
            """,
            nameof(SessionStoreConformance.Sessions_of_one_start_are_found_by_the_bytes_of_their_ids)),
        new(
            "Ids are sorted by their bytes in the order of their text",
            """
            .Select(id => Read(server, id)!)
                        .Order(SessionPosition.OldestFirst)
            """,
            """
            .Select(id => Read(server, id)!)
            .OrderBy(session => (session.StartedAt, Convert.ToHexString(session.Id.ToByteArray())))
            """,
            nameof(SessionStoreConformance.Sessions_of_one_start_are_found_by_the_bytes_of_their_ids)),
        new(
            "A user may have hundreds of sessions",
            """
            .Select(id => Read(server, id)!)
                        .Order(SessionPosition.OldestFirst)
            """,
            """
            .Select(id => Read(server, id)!)
            .Order(SessionPosition.OldestFirst).Take(100)
            """,
            nameof(SessionStoreConformance.All_sessions_of_a_user_who_has_many_are_found)),
        new(
            "A write that leaves the index loses nothing",
            "if (write.MovesIndex && write.UserId is not null)",
            """
            server.Users.Remove(write.UserId ?? "");
            if (write.MovesIndex && write.UserId is not null)
            """,
            nameof(SessionStoreConformance.A_write_that_leaves_the_index_leaves_the_session_where_it_was)),
        new(
            "An index entry holds all sessions of its user",
            "(before?.Ids ?? []).Append(id).Distinct()",
            "new[] { id }",
            nameof(SessionStoreConformance.Sessions_that_begin_at_once_are_all_found)),
        new(
            "An index entry is kept as long as its longest session",
            "Later(before?.KeepUntil ?? until, until)",
            "until",
            nameof(SessionStoreConformance.The_index_is_kept_as_long_as_its_longest_session)),
        new(
            "The list begins with the newest",
            ".OrderDescending(SessionPosition.OldestFirst)",
            ".Order(SessionPosition.OldestFirst)",
            nameof(SessionStoreConformance.All_sessions_are_listed_newest_first)),
        new(
            "The list goes on behind the position",
            "SessionPosition.Of(session) < after",
            "SessionPosition.Of(session) <= after",
            nameof(SessionStoreConformance.The_position_need_not_be_that_of_a_record)),
        new(
            "The list hides no session of the same time",
            "SessionPosition.Of(session) < after",
            "session.StartedAt < after.StartedAt",
            nameof(SessionStoreConformance.Sessions_of_one_start_are_listed_once_each_by_the_bytes_of_their_ids)),
        new(
            "The position need not be stored",
            "SessionPosition.Of(session) < after",
            "(server.Records.ContainsKey(after.Id) && SessionPosition.Of(session) < after)",
            nameof(SessionStoreConformance.The_position_need_not_be_that_of_a_record)),
        new(
            "A page has no more than was asked for",
            ".Take(count)",
            ".Take(count + 1)",
            nameof(SessionStoreConformance.A_page_has_no_more_than_was_asked_for_and_none_after_the_last)),
        new(
            "The list has sessions without a user",
            """
            record.Status == StoredSessionStatus.Whole)

            """,
            """
            record.Status == StoredSessionStatus.Whole && record.UserId is not null)

            """,
            nameof(SessionStoreConformance.A_session_is_listed_as_it_is_loaded_whether_somebody_is_signed_in_or_not)),
        new(
            "The list shows the position of the last write",
            """
            .Select(record => record.Session)

            """,
            """
            .Select(record => record.Session)
            .DistinctBy(session => session.StartedAt)

            """,
            nameof(SessionStoreConformance.A_long_list_is_listed_whole)),
        new(
            "A store asks no clock of its own",
            "{ Status: StoredSessionStatus.Whole } record => record.Session",
            "{ Status: StoredSessionStatus.Whole } record => record.KeepUntil < DateTimeOffset.UtcNow ? null : "
            + "record.Session",
            nameof(SessionStoreConformance.A_store_asks_no_clock_of_its_own)),
    ];
}
