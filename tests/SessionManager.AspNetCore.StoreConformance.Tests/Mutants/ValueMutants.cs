namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>What a record holds.</summary>
internal static class ValueMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "Values that are not named stay",
            "write.DropsValues || before is null ?",
            "true ?",
            nameof(SessionStoreConformance.Values_that_a_write_does_not_name_stay)),
        new(
            "Removed keys are removed",
            "values.Remove(key);",
            "",
            nameof(SessionStoreConformance.A_write_sets_replaces_and_removes_values_in_one_step)),
        new(
            "Dropped values are dropped",
            "write.DropsValues || before is null ?",
            "before is null ?",
            nameof(SessionStoreConformance.All_values_can_be_dropped)),
        new(
            "Values are dropped before others are set",
            """
                    return new StoredSession
                    {
                        Id = write.Id,
            """,
            """
                    if (write.DropsValues)
            {
                values.Clear();
            }

            return new StoredSession
            {
                Id = write.Id,
            """,
            nameof(SessionStoreConformance.Values_of_a_write_that_drops_all_are_stored)),
        new(
            "An empty value is a value",
            "if (value is { } set)",
            "if (value is { Length: > 0 } set)",
            nameof(SessionStoreConformance.An_empty_value_is_stored_and_no_value_is_removed)),
        new(
            "Keys differ by case",
            "new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)",
            "new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.OrdinalIgnoreCase)",
            nameof(SessionStoreConformance.Keys_are_told_apart_by_each_of_their_characters)),
        new(
            "A key does not end at U+0000",
            "values[key] = set;",
            "values[key.Split('\\0')[0]] = set;",
            nameof(SessionStoreConformance.Keys_are_told_apart_by_each_of_their_characters)),
        new(
            "A key keeps its spaces",
            "values[key] = set;",
            "values[key.Trim()] = set;",
            nameof(SessionStoreConformance.Keys_are_told_apart_by_each_of_their_characters)),
        new(
            "A key is not normalized",
            "values[key] = set;",
            "values[key.Replace(\"e\\u0301\", \"\\u00e9\", StringComparison.Ordinal)] = set;",
            nameof(SessionStoreConformance.Keys_are_told_apart_by_each_of_their_characters)),
        new(
            "A key has no length of the store's",
            "values[key] = set;",
            "values[key[..Math.Min(key.Length, 900)]] = set;",
            nameof(SessionStoreConformance.Keys_may_be_long_and_many)),
        new(
            "A value is no text",
            "values[key] = set;",
            "values[key] = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(set.Span));",
            nameof(SessionStoreConformance.Each_byte_alone_is_a_value)),
        new(
            "A value may be a megabyte",
            "values[key] = set;",
            "values[key] = set[..Math.Min(set.Length, 65_536)];",
            nameof(SessionStoreConformance.A_value_comes_back_byte_for_byte)),
        new(
            "A header is bytes",
            "Header = write.Header",
            "Header = write.Header.Span.TrimEnd((byte)0).ToArray()",
            nameof(SessionStoreConformance.A_header_comes_back_byte_for_byte)),
        new(
            "A header is replaced",
            "Header = write.Header",
            "Header = before?.Header ?? write.Header",
            nameof(SessionStoreConformance.The_header_is_replaced_whole)),
        new(
            "An empty header replaces another",
            "Header = write.Header",
            "Header = write.Header.IsEmpty ? before?.Header ?? default : write.Header",
            nameof(SessionStoreConformance.The_header_is_replaced_whole)),
        new(
            "A write moves the last use forwards only",
            "before?.LastSeenAt > write.LastSeenAt ? before.LastSeenAt : write.LastSeenAt",
            "write.LastSeenAt",
            nameof(SessionStoreConformance.A_write_moves_the_last_use_forwards_only)),
        new(
            "A write moves the last use",
            "before?.LastSeenAt > write.LastSeenAt ? before.LastSeenAt : write.LastSeenAt",
            "before?.LastSeenAt ?? write.LastSeenAt",
            nameof(SessionStoreConformance.A_write_moves_the_last_use_forwards_only)),
        new(
            "A write replaces the start",
            "StartedAt = write.StartedAt",
            "StartedAt = before?.StartedAt ?? write.StartedAt",
            nameof(SessionStoreConformance.A_write_replaces_the_start_also_with_an_earlier_one)),
        new(
            "A start may move back",
            "StartedAt = write.StartedAt",
            "StartedAt = Later(before?.StartedAt ?? default, write.StartedAt)",
            nameof(SessionStoreConformance.A_write_replaces_the_start_also_with_an_earlier_one)),
        new(
            "Times have milliseconds",
            "StartedAt = write.StartedAt",
            "StartedAt = DateTimeOffset.FromUnixTimeSeconds(write.StartedAt.ToUnixTimeSeconds())",
            nameof(SessionStoreConformance.Times_keep_their_milliseconds)),
        new(
            "The number of bytes is right",
            "Values = values,",
            """
            Values = values,
            ValueBytes = values.Count,
            """,
            nameof(SessionStoreConformance.The_number_of_bytes_is_right_where_the_store_knows_it)),
        new(
            "A loaded record does not change",
            "var values = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);",
            "var values = before?.Values as Dictionary<string, ReadOnlyMemory<byte>> ?? "
            + "new(StringComparer.Ordinal);",
            nameof(SessionStoreConformance.A_loaded_record_does_not_change)),
        new(
            "A record that cannot be read is no exception",
            "var record => new StoredSession { Id = id, Status = record.Status }",
            "var record => throw new FormatException()",
            nameof(SessionStoreConformance.A_record_that_cannot_be_read_is_loaded_with_its_status)),
        new(
            "A record that cannot be read is there",
            "var record => new StoredSession { Id = id, Status = record.Status }",
            "_ => null",
            nameof(SessionStoreConformance.A_record_that_cannot_be_read_is_loaded_with_its_status)),
        new(
            "A newer record is not taken for a damaged one",
            "Status = record.Status",
            "Status = StoredSessionStatus.Damaged",
            nameof(SessionStoreConformance.A_record_that_cannot_be_read_is_loaded_with_its_status)),
    ];
}
