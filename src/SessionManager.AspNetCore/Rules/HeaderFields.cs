namespace SessionManager.AspNetCore.Rules;

/// <summary>The fields that the header of a session has. The numbers are stored, so they never change.</summary>
[Flags]
internal enum HeaderFields : ushort
{
    None = 0,
    Started = 1,
    User = 2,
    Owner = 4,
    Authenticated = 8,
    Issued = 16,
    Next = 32,
    Former = 64,
    Order = 128,
    Claim = 256,
    Epoch = 512,
    Client = 1024,
    Principal = 2048,
    Terms = 4096,
    All = 8191,
}
