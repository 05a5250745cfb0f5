namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Where what was read back differs from what was stored. It names members and types, never a value or a
/// dictionary's key.</summary>
/// <param name="Path">The member, as <c>Items[2].Name</c>; empty for the value itself.</param>
/// <param name="Reason">What would happen to it: "would read back as ...".</param>
internal sealed record ValueDifference(string Path, string Reason)
{
    public ValueDifference In(string member) =>
        this with { Path = Path is [] or ['[', ..] ? member + Path : $"{member}.{Path}" };
}
