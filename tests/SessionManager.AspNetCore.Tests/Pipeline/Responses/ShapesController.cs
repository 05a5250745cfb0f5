using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.Pipeline.Responses;

[ApiController]
[Route("shapes")]
public sealed class ShapesController(ISessionManager session) : ControllerBase
{
    [HttpGet(ResponseShapes.Mvc)]
    public ActionResult<string[]> Json(string value)
    {
        session.StoreValue(ShapeApp.Key, value);
        return new[] { ResponseShape.Marker };
    }
}
