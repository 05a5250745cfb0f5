using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

/// <summary>A key of a provider, and the signatures that it makes.</summary>
internal sealed class SigningKey(string id, string algorithm)
{
    private readonly RSA? _rsa = algorithm.StartsWith("ES", StringComparison.Ordinal) ? null : RSA.Create(2048);
    private readonly ECDsa? _ec = algorithm.StartsWith("ES", StringComparison.Ordinal) ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;

    public string Id => id;

    public string Algorithm => algorithm;

    /// <summary>The public key, as a secret that everybody knows.</summary>
    public byte[] PublicBytes => _rsa!.ExportSubjectPublicKeyInfo();

    /// <summary>The key in a JSON Web Key Set.</summary>
    public object PublicKey
    {
        get
        {
            var key = _rsa is { } rsa
                ? JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: false)))
                : JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(ECDsa.Create(_ec!.ExportParameters(includePrivateParameters: false))));
            return new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["kid"] = id,
                ["use"] = "sig",
                ["kty"] = key.Kty,
                ["n"] = key.N,
                ["e"] = key.E,
                ["crv"] = key.Crv,
                ["x"] = key.X,
                ["y"] = key.Y,
            }.Where(it => it.Value is not null).ToDictionary(StringComparer.Ordinal);
        }
    }

    public string Sign(object header, object claims) => Sign(header, claims, Sign);

    public static string Sign(object header, object claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Part(header)}.{Part(claims)}";
        return $"{signed}.{Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Part(object json) => Base64UrlEncoder.Encode(json as string ?? JsonSerializer.Serialize(json));

    private byte[] Sign(byte[] data) =>
        _ec?.SignData(data, HashAlgorithmName.SHA256)
        ?? _rsa!.SignData(
            data,
            HashAlgorithmName.SHA256,
            algorithm.StartsWith("PS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
}
