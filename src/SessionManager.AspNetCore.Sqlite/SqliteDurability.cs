namespace SessionManager.AspNetCore.Sqlite;

/// <summary>What a power cut can take away.</summary>
public enum SqliteDurability
{
    /// <summary>A write that was answered survives the end of the process, however it ends. A power cut or a crash of
    /// the operating system can take away the last writes, and never damages the file
    /// (<c>PRAGMA synchronous=NORMAL</c>). The default.</summary>
    Normal = 0,

    /// <summary>A write that was answered survives a power cut too. Each write waits for the disk
    /// (<c>PRAGMA synchronous=FULL</c>).</summary>
    Full = 1,
}
