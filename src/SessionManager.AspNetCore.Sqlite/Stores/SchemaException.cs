namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>The file is a database, and is not one that this node may use.</summary>
internal sealed class SchemaException(string message) : Exception(message)
{
    public static SchemaException Newer(long stored, int known) => new(
        $"The tables have schema version {stored}, and this node knows version {known}. Update the package "
        + "SessionManager.AspNetCore.Sqlite of this node.");

    public static SchemaException Empty() => new(
        "The table session_store has no row. Move the file away, and the store makes a new one.");

    public static SchemaException OtherPrefix(string stored, string own) => new(
        $"The file belongs to an application whose KeyPrefix is '{stored}', and the KeyPrefix of this one is '{own}'. "
        + "Give each application a file of its own.");

    public static SchemaException NoWal(string mode) => new(
        $"The file system of the file can't do write-ahead logging: the journal mode stayed '{mode}'. Put the file on "
        + "a local disk.");
}
