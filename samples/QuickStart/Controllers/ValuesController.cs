using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using SessionManager.AspNetCore;

namespace QuickStart.Controllers;

[ApiController]
[Route("values")]
public class ValuesController(ISessionManager session) : ControllerBase
{
    [HttpGet]
    public IEnumerable<string> List() => session.Keys.Order(StringComparer.Ordinal);

    [HttpGet("{**key:minlength(1)}")]
    public ActionResult<JsonElement> Get()
    {
        if (session.TryGetValue<JsonElement>(Key, out var value))
        {
            return value;
        }

        // Not a parameter: model binding makes null of an empty one.
        return Request.Query.TryGetValue("default", out var defaultValue) ? JsonSerializer.SerializeToElement(defaultValue.ToString()) : NotFound();
    }

    [HttpPut("{**key:minlength(1)}")]
    [Consumes("application/json")]
    public ActionResult Put([FromBody] JsonElement value)
    {
        try
        {
            session.StoreValue(Key, value);
            return NoContent();
        }
        catch (SessionValueException exception)
        {
            return Problem(exception.Message, statusCode: StatusCodes.Status400BadRequest, title: "The value was not stored.");
        }
    }

    [HttpDelete("{**key:minlength(1)}")]
    public Removal Remove() => new(session.RemoveValue(Key));

    // The key as the client wrote it. Routing leaves an escaped slash as it is, so 'a%2Fb' would not be the key 'a/b'; a test
    // server keeps no raw target, and there that is put right as far as it can be.
    private string Key
    {
        get
        {
            const string prefix = "/values/";
            var target = HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
            return target.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                ? Uri.UnescapeDataString(target[prefix.Length..])
                : ((string)RouteData.Values["key"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        }
    }
}
