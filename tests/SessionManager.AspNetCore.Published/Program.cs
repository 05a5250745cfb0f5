using System.Globalization;
using System.Security.Claims;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using SessionManager.AspNetCore;

// What .ci/published publishes, trimmed and ahead of time, and asks: values of each kind, a sign-in, and what the directory knows.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, AppJson.Default));
builder.Services.AddSessionManager(options =>
{
    options.Cookie.Name = "sid";
    options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
    options.SerializerOptions.TypeInfoResolverChain.Insert(0, AppJson.Default);
});
builder.Services.AddAuthentication().AddSessionManager();
builder.Services.AddAuthorization();
builder.Services.AddHealthChecks().AddSessionManager();

var app = builder.Build();
app.UseSessionManager();
app.UseAuthorization();
app.MapPost("/sign-in/{user}", (string user, HttpContext context) =>
    context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "password"))));
app.MapPost("/sign-out", (ISessionManager session) => session.ClearSession());
app.MapGet("/me", (ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier)).RequireAuthorization();
app.MapPost("/cart/{item}", (string item, ISessionManager session) =>
{
    session.StoreValue("count", session.GetValue<int>("count") + 1);
    session.StoreValue("cart", new Cart(item, session.GetValue<int>("count")));
});
app.MapGet("/cart", (ISessionManager session) =>
    session.GetValue<Cart>("cart") is { } cart ? string.Create(CultureInfo.InvariantCulture, $"{cart.Item} {cart.Count}") : "empty");
app.MapGet("/sessions/{user}", async (string user, ISessionDirectory directory) => (await directory.FindByUserAsync(user)).Count);
app.MapHealthChecks("/health");
app.Run();

internal sealed record Cart(string Item, int Count);

[JsonSerializable(typeof(Cart))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(string))]
internal sealed partial class AppJson : JsonSerializerContext;
