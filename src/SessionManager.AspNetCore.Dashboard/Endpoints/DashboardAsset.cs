using System.Security.Cryptography;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>A file that the pages use. Its address changes with its contents, so browsers may cache the file.</summary>
internal sealed class DashboardAsset
{
    public DashboardAsset(string name, string contentType)
    {
        using var stream = typeof(DashboardAsset).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        (Name, ContentType, Bytes) = (name, contentType, bytes);
        Address = $"{name}?v={Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6))}";
    }

    public string Name { get; }

    public string ContentType { get; }

    public ReadOnlyMemory<byte> Bytes { get; }

    public string Address { get; }
}
