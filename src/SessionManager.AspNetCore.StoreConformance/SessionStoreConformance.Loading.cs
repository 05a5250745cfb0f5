#pragma warning disable CS1591 // The names of the tests say what they test.

namespace SessionManager.AspNetCore.StoreConformance;

// What was written comes back as it was.
public abstract partial class SessionStoreConformance
{
    private const int Megabyte = 1024 * 1024;

    private static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    private static readonly string[] OddKeys =
    [
        "a", "A", "b", "a ", " a", "a\0", "a\0b", "\0", "\0a", "a\nb", "a:b", "a.b", "a/b", "a\\b", "a'b", "a\"b",
        "*", "?", "[a]", "%", "_",
        "\u00e9", "e\u0301", "\u00c9", "ss", "\u00df", "I", "i", "\u0130", "\u0131", "\ufb01", "fi", "\u5bff\u53f8",
        "\ud83c\udf63", "\uffff", "1", "01", "-1", "null",
    ];

    [Fact]
    public void The_name_is_short_and_has_no_address()
    {
        Assert.InRange(Store.Name.Length, 1, 40);
        Assert.DoesNotContain(
            Store.Name, character => char.IsControl(character) || character is ':' or '/' or '@' or '=');
        Assert.Equal(Store.Name, CreateStore(LongTimeout).Name);
    }

    [Fact]
    public async Task Nothing_is_loaded_where_nothing_was_written()
    {
        Assert.Null(await FindRecordAsync());
        await SwapAsync(NewWrite(0, id: Guid.NewGuid()));
        Assert.Null(await FindRecordAsync());
    }

    [Fact]
    public async Task A_record_comes_back_as_it_was_written()
    {
        var write = NewWrite(
            0, user: _user, lastSeenAt: Start.AddMilliseconds(7), values: Values(("a", "1"), ("b", "")));
        await SwapAsync(write);
        Assert.Equal(Describe(write.ApplyTo(before: null)), Describe(await LoadAsync()));
    }

    [Fact]
    public async Task A_record_without_values_has_no_values()
    {
        await SwapAsync(NewWrite(0));
        Assert.Empty((await LoadAsync()).Values);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData((1L << 53) + 1)]
    [InlineData(-(1L << 53) - 1)]
    public async Task A_version_keeps_all_its_bits(long version)
    {
        await SwapAsync(NewWrite(0, version));
        Assert.Equal(version, (await LoadAsync()).Version);
        await RefuseAsync(NewWrite(version - 1 is 0 ? 2 : unchecked(version - 1)));
        await SwapAsync(NewWrite(version, values: Values(("a", "1"))));
        Assert.True(await TouchAsync(NewTouch(9, version)));
        Assert.Equal(version, (await LoadAsync()).Version);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(100_000)]
    public async Task A_header_comes_back_byte_for_byte(int size)
    {
        var header = Repeat(AllBytes, size);
        await SwapAsync(NewWrite(0, headerBytes: header));
        Assert.Equal(header, (await LoadAsync()).Header.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(65_536)]
    [InlineData(Megabyte)]
    public async Task A_value_comes_back_byte_for_byte(int size)
    {
        var value = Repeat(AllBytes, size);
        await SwapAsync(NewWrite(0, values: new(StringComparer.Ordinal) { ["a"] = value, ["other"] = Bytes("1") }));
        var session = await LoadAsync();
        Assert.Equal(["a", "other"], session.Values.Keys.Order(StringComparer.Ordinal));
        Assert.True(session.Values["a"].Span.SequenceEqual(value), "The bytes are others.");
    }

    [Fact]
    public async Task Each_byte_alone_is_a_value()
    {
        var values = AllBytes.ToDictionary(
            one => $"k{one}", one => (ReadOnlyMemory<byte>?)new[] { one }, StringComparer.Ordinal);
        await SwapAsync(NewWrite(0, values: values));
        var session = await LoadAsync();
        Assert.All(AllBytes, one => Assert.Equal([one], session.Values[$"k{one}"].ToArray()));
    }

    [Fact]
    public async Task Keys_are_told_apart_by_each_of_their_characters()
    {
        var written = OddKeys.ToDictionary(
            key => key, key => (ReadOnlyMemory<byte>?)Bytes($"of {key}"), StringComparer.Ordinal);
        await SwapAsync(NewWrite(0, values: written));
        var session = await LoadAsync();
        Assert.Equal(OddKeys.Order(StringComparer.Ordinal), session.Values.Keys.Order(StringComparer.Ordinal));
        Assert.All(OddKeys, key => Assert.Equal(Bytes($"of {key}"), session.Values[key].ToArray()));
    }

    [Fact]
    public async Task Keys_are_removed_by_each_of_their_characters()
    {
        var version = await SwapAsync(NewWrite(0, values: Values([.. OddKeys.Select(key => (key, (string?)"1"))])));
        for (var removed = 0; removed < OddKeys.Length; removed++)
        {
            version = await SwapAsync(NewWrite(version, values: Values((OddKeys[removed], null))));
            var left = (await LoadAsync()).Values.Keys;
            Assert.Equal(OddKeys[(removed + 1)..].Order(StringComparer.Ordinal), left.Order(StringComparer.Ordinal));
        }
    }

    // A store whose record is one table of fields has names of its own among them.
    [Fact]
    public async Task No_key_is_taken_for_a_part_of_the_record()
    {
        var keys = AllBytes.Where(one => one is > 0x20 and < 0x7f).Select(one => $"{(char)one}")
            .Concat(["id", "version", "header", "user", "user_id", "last_seen_at", "started_at", "values"])
            .Concat(["keep_until", "absexp", "sldexp", "data", "null"]);
        var write = NewWrite(0, user: _user, values: Values([.. keys.Select(key => (key, (string?)$"of {key}"))]));
        await SwapAsync(write);
        Assert.Equal(Describe(write.ApplyTo(before: null)), Describe(await LoadAsync()));
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
    }

    [Fact]
    public async Task Keys_may_be_long_and_many()
    {
        var prefix = NewText(5000);
        var keys = Enumerable.Range(0, 1000).Select(i => i < 10 ? $"{prefix}{i}" : $"k{i}").ToList();
        var write = NewWrite(0, values: Values([.. keys.Select(key => (key, (string?)key[^1..]))]));
        await SwapAsync(write);
        Assert.Equal(Describe(write.ApplyTo(before: null)), Describe(await LoadAsync()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(998)]
    [InlineData(999)]
    public async Task Times_keep_their_milliseconds(int milliseconds)
    {
        var at = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(milliseconds);
        await SwapAsync(NewWrite(0, startedAt: at, lastSeenAt: at.AddMilliseconds(1)));
        var session = await LoadAsync();
        Assert.Equal((at, at.AddMilliseconds(1)), (session.StartedAt, session.LastSeenAt));
        Assert.True(await TouchAsync(NewTouch(at.AddMilliseconds(2))));
        Assert.Equal(at.AddMilliseconds(2), (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_loaded_record_does_not_change()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"), ("b", "1"))));
        var before = await LoadAsync();
        version = await SwapAsync(
            NewWrite(version, header: "later", values: Values(("a", "2"), ("b", null), ("c", "1"))));
        Assert.True(await TouchAsync(NewTouch(9)));
        Assert.Equal(["a=1", "b=1"], ValuesOf(before));
        Assert.Equal(Bytes("header"), before.Header.ToArray());
        Assert.Equal(Start.AddMinutes(1), before.LastSeenAt);
        Assert.NotEqual(version, before.Version);
    }

    [Fact]
    public async Task The_number_of_bytes_is_right_where_the_store_knows_it()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "12345"), ("\u5bff", "1"), ("gone", "1"))));
        Assert.True((await LoadAsync()).ValueBytes is null or 10 + 5, "The number is wrong after the first write.");
        await SwapAsync(NewWrite(version, values: Values(("a", "1"), ("gone", null))));
        Assert.True((await LoadAsync()).ValueBytes is null or 2 + 4, "The number is wrong after the second write.");
    }

    // A Guid has two orders of bytes.
    [Fact]
    public async Task Records_are_told_apart_by_each_digit_of_their_ids()
    {
        var bytes = _id.ToByteArray();
        var ids = Enumerable.Range(0, 16)
            .Select(i => new Guid([.. bytes[..i], (byte)(bytes[i] ^ 1), .. bytes[(i + 1)..]])).ToList();
        for (var i = 0; i < ids.Count; i++)
        {
            await SwapAsync(NewWrite(0, id: ids[i], header: $"{i}"));
        }

        Assert.Null(await FindRecordAsync());
        for (var i = 0; i < ids.Count; i++)
        {
            Assert.Equal(Bytes($"{i}"), (await LoadAsync(ids[i])).Header.ToArray());
        }
    }

    private static byte[] Repeat(byte[] pattern, int size) =>
        [.. Enumerable.Range(0, size).Select(i => pattern[i % pattern.Length])];
}
