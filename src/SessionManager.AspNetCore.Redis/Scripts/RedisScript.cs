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

    public async Task<RedisResult> RunAsync(IDatabase database, RedisKey key, RedisValue[] arguments)
    {
        try
        {
            return await database.ScriptEvaluateAsync(_hash, [key], arguments);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ScriptEvaluateAsync(text, [key], arguments);
        }
    }
}
