using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Razor.Hosting;

[assembly: RazorCompiledItem(typeof(SessionManager.AspNetCore.Tests.TempData.NoticePage), "mvc.1.0.razor-page", "/Pages/Notice.cshtml")]

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>What the compiler makes of <c>@page "/notice" @model NoticeModel</c> and a line that shows the message.</summary>
[RazorCompiledItemMetadata("RouteTemplate", "/notice")]
public sealed class NoticePage : Page
{
    public NoticeModel Model => (NoticeModel)PageContext.ViewData.Model!;

    public override Task ExecuteAsync()
    {
        WriteLiteral(Model.StatusMessage ?? "nothing");
        return Task.CompletedTask;
    }
}
