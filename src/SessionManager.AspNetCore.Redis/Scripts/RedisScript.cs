using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Scripts;

/// <summary>A Lua script, called by its hash; the text is sent only to a server that does not know it yet.</summary>
internal sealed class RedisScript(string text)
{
#pragma warning disable CA5350 // The protocol names scripts by SHA-1; nothing rests on it.
    private readonly byte[] _hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350

    /// <summary>Whether a call by the hash failed because the server does not know the text.</summary>
    public static bool IsUnknown(Exception exception) =>
        exception is RedisServerException && exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);

    public Task<RedisResult> RunAsync(IDatabase database, RedisKey key, RedisValue[] arguments) =>
        database.ScriptEvaluateAsync(_hash, [key], arguments, CommandFlags.DemandMaster);

    public Task<RedisResult> SendAsync(IDatabase database, RedisKey key, RedisValue[] arguments) =>
        database.ScriptEvaluateAsync(text, [key], arguments, CommandFlags.DemandMaster);
}
