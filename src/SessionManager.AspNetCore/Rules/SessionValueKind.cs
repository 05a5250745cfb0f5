namespace SessionManager.AspNetCore.Rules;

/// <summary>The kind of a stored value. The numbers are stored, so they never change.</summary>
internal enum SessionValueKind : byte
{
    /// <summary>Bytes that <c>HttpContext.Session</c> wrote. They can be read as a byte array, as a string, and as an
    /// int when there are 4 bytes.</summary>
    Raw = 0,

    /// <summary>A string as UTF-8.</summary>
    Text = 1,

    /// <summary>A 32-bit integer, 4 bytes, big-endian.</summary>
    Int32 = 2,

    /// <summary>A byte array.</summary>
    Bytes = 3,

    /// <summary>Any other type, as JSON in UTF-8.</summary>
    Json = 4,
}
