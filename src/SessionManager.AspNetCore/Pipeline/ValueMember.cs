namespace SessionManager.AspNetCore.Pipeline;

/// <summary>A member that holds a part of a value.</summary>
/// <param name="Name">Its name in the source.</param>
/// <param name="Type">Its declared type.</param>
/// <param name="Get">Reads it.</param>
/// <param name="IsComputed">Whether it is a property that nothing sets, so that it may change from call to
/// call.</param>
/// <param name="IsExtensionData">Whether it takes the JSON that no other member takes.</param>
internal sealed record ValueMember(
    string Name, Type Type, Func<object, object?> Get, bool IsComputed, bool IsExtensionData);
