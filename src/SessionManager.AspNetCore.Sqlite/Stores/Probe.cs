namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>Writes an entry beside the sessions, reads it and removes it, in one transaction.</summary>
internal static class Probe
{
    /// <summary>Runs the probe.</summary>
    /// <param name="database">The connection, in a transaction.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>Whether the entry that was read is the one that was written.</returns>
    public static bool Run(Database database, Guid entry)
    {
        using (var write = database.Begin("UPDATE session_store SET probe = ?1"))
        {
            write.Bind(1, entry);
            write.Run();
        }

        bool isSame;
        using (var read = database.Begin("SELECT probe FROM session_store"))
        {
            isSame = read.Step() && read.Bytes(0).SequenceEqual(entry.ToByteArray(bigEndian: true));
        }

        database.Run("UPDATE session_store SET probe = NULL");
        return isSame;
    }
}
