namespace SessionManager.AspNetCore.TempData;

/// <summary>An entry of TempData as it is stored in the session.</summary>
/// <param name="Key">The application's key, as it was written; <see langword="null"/> when the entry could not be
/// read.</param>
/// <param name="Value">The object that the request was given, or that it stored.</param>
/// <param name="Stored">The bytes in the session.</param>
internal sealed record TempDataEntry(string? Key, object? Value, byte[] Stored);
