namespace Cluster;

/// <summary>What every answer tells: which node gave it, and what it found in the session.</summary>
public record State(string Node, string? UserId, int Clicks);
