using Npgsql;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>Reads records from the rows of the statements in <see cref="RecordSql"/>: a row for the session, and a row
/// for each value.</summary>
internal static class RecordReader
{
    /// <summary>Reads one record with its values.</summary>
    /// <returns>The record; <see langword="null"/> when there is no row of the session.</returns>
    public static async Task<StoredSession?> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        StoredSession? session = null;
        Dictionary<string, ReadOnlyMemory<byte>>? values = null;
        long bytes = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            if (await reader.IsDBNullAsync(0, cancellationToken))
            {
                session = ReadHeader(reader);
                continue;
            }

            var column = reader.GetFieldValue<byte[]>(0);
            var longKey = await reader.IsDBNullAsync(2, cancellationToken) ? null : reader.GetFieldValue<byte[]>(2);
            if (ValueKey.Decode(column, longKey) is { } key)
            {
                var value = reader.GetFieldValue<byte[]>(1);
                (values ??= new(StringComparer.Ordinal))[key] = value;
                bytes += (longKey ?? column).Length + value.Length;
            }
        }

        return session is null || values is null || session.Status != StoredSessionStatus.Whole
            ? session
            : WithValues(session, values, bytes);
    }

    /// <summary>Reads records without their values.</summary>
    public static async Task<IReadOnlyList<StoredSession>> ReadHeadersAsync(
        NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var sessions = new List<StoredSession>();
        while (await reader.ReadAsync(cancellationToken))
        {
            sessions.Add(ReadHeader(reader));
        }

        return sessions;
    }

    private static StoredSession ReadHeader(NpgsqlDataReader reader)
    {
        var id = reader.GetGuid(3);
        var format = reader.GetInt16(7);
        return format == RecordSql.Format
            ? new StoredSession
            {
                Id = id,
                Version = reader.GetInt64(4),
                Header = reader.GetFieldValue<byte[]>(1),
                LastSeenAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(5)),
                StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(6)),
                ValueBytes = 0,
            }
            : new StoredSession
            {
                Id = id,
                Status = format > RecordSql.Format ? StoredSessionStatus.Newer : StoredSessionStatus.Damaged,
            };
    }

    private static StoredSession WithValues(
        StoredSession session, Dictionary<string, ReadOnlyMemory<byte>> values, long bytes) => new()
        {
            Id = session.Id,
            Version = session.Version,
            Header = session.Header,
            LastSeenAt = session.LastSeenAt,
            StartedAt = session.StartedAt,
            Values = values,
            ValueBytes = bytes,
        };
}
