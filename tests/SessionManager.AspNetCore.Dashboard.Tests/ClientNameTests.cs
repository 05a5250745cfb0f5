using SessionManager.AspNetCore.Dashboard.Pages;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>The short names of clients, made of constants and digits only.</summary>
public sealed class ClientNameTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome 142 on Windows")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge 142 on Windows")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144 on Linux")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari 18 on iPhone")]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari 18 on macOS")]
    [InlineData("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome 142 on Android")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0) Chrome/123456789", "Chrome 1234 on Windows")]
    public void A_browser_that_most_people_use_has_a_short_name(string userAgent, string name) => Assert.Equal(name, ClientName.FromUserAgent(userAgent));

    [Theory]
    [InlineData("")]
    [InlineData("curl/8.14.1")]
    [InlineData("Mozilla/5.0 (")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0) Chrome/")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0) Chrome/<script>")]
    [InlineData("<script>Mozilla/5.0 (Windows NT 10.0) Chrome/142")]
    public void What_is_not_known_has_none(string userAgent) => Assert.Null(ClientName.FromUserAgent(userAgent));
}
