using System.Security.Cryptography;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>A file of the page. Its address changes with its contents, so browsers may keep it.</summary>
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
