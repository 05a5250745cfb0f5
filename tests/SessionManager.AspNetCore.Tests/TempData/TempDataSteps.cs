using System.Collections.Concurrent;
using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>What the actions of <see cref="TempDataController"/> are to do, by name.</summary>
public sealed class TempDataSteps : ConcurrentDictionary<string, Func<Controller, Task>>;
