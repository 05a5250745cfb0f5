using System.Buffers.Binary;

namespace SessionManager.AspNetCore.Rules;

/// <summary>Writes the header of a record, in the layout that <see cref="HeaderCodec"/> describes.</summary>
internal static class HeaderEncoder
{
    /// <summary>Writes the header of a session.</summary>
    public static byte[] Encode(SessionRecord record)
    {
        var fields = FieldsOf(record);
        var writer = new HeaderWriter(new byte[Measure(record, fields)]);
        writer.Skip(HeaderCodec.PreambleLength);
        writer.Write(record.SecretHash.Span);
        writer.Write(record.CreatedAt);
        writer.WriteLength((int)record.Generation);
        if (record.Terms is { } terms)
        {
            SignInTermsCodec.Write(terms, ref writer);
        }

        if (HeaderCodec.Has(fields, HeaderFields.Started))
        {
            writer.Write(record.StartedAt);
        }

        if (HeaderCodec.Has(fields, HeaderFields.User))
        {
            writer.Write(record.UserId!);
        }

        if (HeaderCodec.Has(fields, HeaderFields.Owner))
        {
            writer.Write(record.OwnerId!);
        }

        if (record.AuthenticatedAt is { } authenticated)
        {
            writer.Write(authenticated);
        }

        if (HeaderCodec.Has(fields, HeaderFields.Issued))
        {
            writer.Write(record.SecretIssuedAt);
        }

        writer.Write(record.NextSecretHash.Span);
        if (HeaderCodec.Has(fields, HeaderFields.Former))
        {
            writer.Write((byte)record.Former.Kind);
            writer.Write(record.Former.Hash.Span);
            writer.Write(record.Former.Until ?? DateTimeOffset.UnixEpoch);
        }

        if (HeaderCodec.Has(fields, HeaderFields.Order))
        {
            writer.Write(DateTimeOffset.FromUnixTimeMilliseconds(record.Order));
        }

        if (record.Claim is { } claim)
        {
            writer.Write(claim.RequestId);
            writer.Write(claim.UserId);
        }

        if (HeaderCodec.Has(fields, HeaderFields.Epoch))
        {
            writer.Write(record.Epoch);
        }

        if (record.Client is { } client)
        {
            writer.Write(client);
        }

        if (HeaderCodec.Has(fields, HeaderFields.Principal))
        {
            writer.WriteLength(record.Principal.Length);
            writer.Write(record.Principal.Span);
        }

        return Seal(writer.Header, record.Id, HeaderCodec.SessionType, (ushort)fields);
    }

    /// <summary>Writes the header of the tombstone of an ended session.</summary>
    public static byte[] EncodeTombstone(Guid id, SessionEndReason reason) =>
        Seal(new byte[HeaderCodec.PreambleLength], id, HeaderCodec.TombstoneType, (ushort)reason);

    /// <summary>Writes the header of a pointer, a record that lets a user find a session.</summary>
    /// <param name="id">The id of the pointer.</param>
    /// <param name="target">The session.</param>
    public static byte[] EncodePointer(Guid id, Guid target)
    {
        var header = new byte[HeaderCodec.PointerLength];
        target.TryWriteBytes(header.AsSpan(HeaderCodec.PreambleLength), bigEndian: true, out _);
        return Seal(header, id, HeaderCodec.PointerType, 0);
    }

    private static HeaderFields FieldsOf(SessionRecord record) =>
        (record.StartedAt == record.CreatedAt ? HeaderFields.None : HeaderFields.Started)
        | (record.UserId is null ? HeaderFields.None : HeaderFields.User)
        | (record.OwnerId is null || string.Equals(record.OwnerId, record.UserId, StringComparison.Ordinal)
            ? HeaderFields.None
            : HeaderFields.Owner)
        | (record.AuthenticatedAt is null ? HeaderFields.None : HeaderFields.Authenticated)
        | (record.SecretIssuedAt == record.StartedAt ? HeaderFields.None : HeaderFields.Issued)
        | (record.NextSecretHash.IsEmpty ? HeaderFields.None : HeaderFields.Next)
        | (record.Former.Kind == FormerSecretKind.None ? HeaderFields.None : HeaderFields.Former)
        | (record.Order == record.StartedAt.ToUnixTimeMilliseconds() ? HeaderFields.None : HeaderFields.Order)
        | (record.Claim is null ? HeaderFields.None : HeaderFields.Claim)
        | (record.Epoch == Guid.Empty ? HeaderFields.None : HeaderFields.Epoch)
        | (record.Client is null ? HeaderFields.None : HeaderFields.Client)
        | (record.Principal.IsEmpty ? HeaderFields.None : HeaderFields.Principal)
        | (record.Terms is null ? HeaderFields.None : HeaderFields.Terms);

    private static int Measure(SessionRecord record, HeaderFields fields) => checked(
        HeaderCodec.PreambleLength + HeaderCodec.HashLength + sizeof(long)
        + HeaderWriter.MeasureLength((int)record.Generation)
        + (record.Terms is { } terms ? SignInTermsCodec.Measure(terms) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.Started) ? sizeof(long) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.User) ? HeaderWriter.Measure(record.UserId!) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.Owner) ? HeaderWriter.Measure(record.OwnerId!) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.Authenticated) ? sizeof(long) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.Issued) ? sizeof(long) : 0)
        + record.NextSecretHash.Length
        + (HeaderCodec.Has(fields, HeaderFields.Former) ? 1 + HeaderCodec.HashLength + sizeof(long) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.Order) ? sizeof(long) : 0)
        + (record.Claim is { } claim ? 16 + HeaderWriter.Measure(claim.UserId) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.Epoch) ? 16 : 0)
        + (record.Client is { } client ? ClientCodec.Measure(client) : 0)
        + (HeaderCodec.Has(fields, HeaderFields.Principal)
            ? HeaderWriter.MeasureLength(record.Principal.Length) + record.Principal.Length
            : 0));

    private static byte[] Seal(byte[] header, Guid id, byte type, ushort detail)
    {
        (header[0], header[1]) = (HeaderCodec.Version, type);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), detail);
        BinaryPrimitives.WriteUInt32LittleEndian(
            header.AsSpan(HeaderCodec.ChecksumOffset), HeaderCodec.ChecksumOf(id, header));
        return header;
    }
}
