namespace QuickStart;

/// <summary>Whether there was something to remove.</summary>
public record Removal(bool Removed);
