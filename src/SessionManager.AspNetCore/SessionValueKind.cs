namespace SessionManager.AspNetCore;

/// <summary>How the bytes of a stored value are to be read. The numbers are stored: they never change.</summary>
public enum SessionValueKind : byte
{
    /// <summary>Bytes written by <c>HttpContext.Session</c>. They read as a byte array, as a string, and as an int when there are 4.</summary>
    Raw = 0,

    /// <summary>A string as UTF-8.</summary>
    Text = 1,

    /// <summary>A 32-bit integer, 4 bytes, big-endian.</summary>
    Int32 = 2,

    /// <summary>A byte array as it is.</summary>
    Bytes = 3,

    /// <summary>Anything else, as JSON in UTF-8.</summary>
    Json = 4,
}
