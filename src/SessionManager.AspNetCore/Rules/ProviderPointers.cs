using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// Decides how a store finds the sessions for which an OpenID Connect provider vouched. A store finds a session under
/// its user alone. A provider finds the session by pointers, separate records: one under the id of the session at the
/// provider, and one under the user at the provider. A pointer stays when the session signs in again, so the terms of
/// the session decide whether the pointer still counts.
/// </summary>
internal static class ProviderPointers
{
    /// <summary>Returns the texts under which a store finds the pointers to a session. No text shows what it was made
    /// of. Under a user id that looks like such a text the store finds sessions, which are no pointers.</summary>
    public static IEnumerable<string> IndexesOf(ProviderSession provider)
    {
        if (provider.SessionId is { } session)
        {
            yield return Index("sid", provider.Issuer, session);
        }

        if (provider.Subject is { } subject)
        {
            yield return Index("sub", provider.Issuer, subject);
        }
    }

    /// <summary>Returns the id of the pointer to a session under a text.</summary>
    public static Guid PointerTo(Guid session, string index)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. session.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(index)], hash);
        return new Guid(hash[..16], bigEndian: true);
    }

    // The length of the issuer separates the issuer from what follows.
    private static string Index(string kind, string issuer, string name)
    {
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, Encoding.UTF8.GetByteCount(issuer));
        byte[] text = [.. length, .. Encoding.UTF8.GetBytes(issuer), .. Encoding.UTF8.GetBytes(name)];
        return $"\0{kind}:{Convert.ToHexStringLower(SHA256.HashData(text))}";
    }
}
