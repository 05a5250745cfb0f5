namespace SessionManager.AspNetCore.Documents.Tests.Infrastructure;

/// <summary>A block of C# in a document.</summary>
/// <param name="File">The document's path from the root of the repository.</param>
/// <param name="Line">The line of the document that the code begins on.</param>
/// <param name="Text">The code.</param>
internal sealed record CodeBlock(string File, int Line, string Text)
{
    public override string ToString() => $"{File}:{Line}";
}
