namespace QuickStart;

/// <summary>How many sessions were ended.</summary>
public record Ended(int Sessions);
