namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// Reads and writes the terms of a sign-in within the header of a session.
/// <code>
///  size
///     1  the parts: 1 = persistent, 2 = fixed, and the flags of what follows, in this order:
///     8    4  idle timeout, in milliseconds
///     8    8  absolute timeout, in milliseconds
///     8   16  validated at
///     .   32  provider: issuer; 64  its session id; 128  its subject: each length, UTF-8
/// </code>
/// </summary>
internal static class SignInTermsCodec
{
    [Flags]
    private enum Parts : byte
    {
        None = 0,
        Persistent = 1,
        Fixed = 2,
        Idle = 4,
        Absolute = 8,
        Validated = 16,
        Issuer = 32,
        Session = 64,
        Subject = 128,
    }

    /// <summary>Returns the length of the terms in bytes.</summary>
    public static int Measure(SignInTerms terms) => 1
        + (terms.IdleTimeout is null ? 0 : sizeof(long))
        + (terms.AbsoluteTimeout is null ? 0 : sizeof(long))
        + (terms.ValidatedAt is null ? 0 : sizeof(long))
        + Measure(terms.Provider?.Issuer)
        + Measure(terms.Provider?.SessionId)
        + Measure(terms.Provider?.Subject);

    /// <summary>Writes the terms.</summary>
    public static void Write(SignInTerms terms, ref HeaderWriter writer)
    {
        writer.Write((byte)PartsOf(terms));
        Write(terms.IdleTimeout, ref writer);
        Write(terms.AbsoluteTimeout, ref writer);
        if (terms.ValidatedAt is { } validated)
        {
            writer.Write(validated);
        }

        Write(terms.Provider?.Issuer, ref writer);
        Write(terms.Provider?.SessionId, ref writer);
        Write(terms.Provider?.Subject, ref writer);
    }

    /// <summary>Reads the terms. What is damaged breaks the reader.</summary>
    public static SignInTerms Read(ref HeaderReader reader)
    {
        var parts = (Parts)reader.ReadByte();
        return new SignInTerms
        {
            IsPersistent = Has(parts, Parts.Persistent),
            IsFixed = Has(parts, Parts.Fixed),
            IdleTimeout = Has(parts, Parts.Idle) ? reader.ReadDuration() : null,
            AbsoluteTimeout = Has(parts, Parts.Absolute) ? reader.ReadDuration() : null,
            ValidatedAt = Has(parts, Parts.Validated) ? reader.ReadTime() : null,
            Provider = Has(parts, Parts.Issuer)
                ? new ProviderSession(
                    Issuer: reader.ReadText(),
                    SessionId: Has(parts, Parts.Session) ? reader.ReadText() : null,
                    Subject: Has(parts, Parts.Subject) ? reader.ReadText() : null)
                : null,
        };
    }

    private static Parts PartsOf(SignInTerms terms) =>
        (terms.IsPersistent ? Parts.Persistent : Parts.None)
        | (terms.IsFixed ? Parts.Fixed : Parts.None)
        | (terms.IdleTimeout is null ? Parts.None : Parts.Idle)
        | (terms.AbsoluteTimeout is null ? Parts.None : Parts.Absolute)
        | (terms.ValidatedAt is null ? Parts.None : Parts.Validated)
        | (terms.Provider is null ? Parts.None : Parts.Issuer)
        | (terms.Provider?.SessionId is null ? Parts.None : Parts.Session)
        | (terms.Provider?.Subject is null ? Parts.None : Parts.Subject);

    private static bool Has(Parts parts, Parts part) => (parts & part) != Parts.None;

    private static int Measure(string? text) => text is null ? 0 : HeaderWriter.Measure(text);

    private static void Write(TimeSpan? duration, ref HeaderWriter writer)
    {
        if (duration is { } time)
        {
            writer.Write(DateTimeOffset.UnixEpoch + time);
        }
    }

    private static void Write(string? text, ref HeaderWriter writer)
    {
        if (text is not null)
        {
            writer.Write(text);
        }
    }
}
