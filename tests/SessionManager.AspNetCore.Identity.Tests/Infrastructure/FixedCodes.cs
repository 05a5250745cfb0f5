using Microsoft.AspNetCore.Identity;

namespace SessionManager.AspNetCore.Identity.Tests.Infrastructure;

/// <summary>A second factor with one code for everybody.</summary>
internal sealed class FixedCodes : IUserTwoFactorTokenProvider<Member>
{
    public const string Provider = "fixed";

    public const string Code = "123456";

    public Task<string> GenerateAsync(string purpose, UserManager<Member> manager, Member user) => Task.FromResult(Code);

    public Task<bool> ValidateAsync(string purpose, string token, UserManager<Member> manager, Member user) => Task.FromResult(token == Code);

    public Task<bool> CanGenerateTwoFactorTokenAsync(UserManager<Member> manager, Member user) => Task.FromResult(true);
}
