using System.Collections.Concurrent;
using Microsoft.AspNetCore.Identity;

namespace SessionManager.AspNetCore.Identity.Tests.Infrastructure;

/// <summary>The users of one application, in memory.</summary>
internal sealed class MemoryUserStore :
    IUserPasswordStore<Member>, IUserSecurityStampStore<Member>, IUserEmailStore<Member>, IUserLockoutStore<Member>,
    IUserTwoFactorStore<Member>, IUserLoginStore<Member>, IRoleStore<IdentityRole>
{
    private readonly ConcurrentDictionary<string, Member> _members = new(StringComparer.Ordinal);
    private int _reads;

    /// <summary>How often a user was looked up by id, as each check of a security stamp does.</summary>
    public int Reads => Volatile.Read(ref _reads);

    public Task<IdentityResult> CreateAsync(Member user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> UpdateAsync(Member user, CancellationToken cancellationToken) => SaveAsync(user);

    public Task<IdentityResult> DeleteAsync(Member user, CancellationToken cancellationToken)
    {
        _members.TryRemove(user.Id, out _);
        return Task.FromResult(IdentityResult.Success);
    }

    public Task<Member?> FindByIdAsync(string userId, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return Task.FromResult(_members.GetValueOrDefault(userId));
    }

    public Task<Member?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        Task.FromResult(_members.Values.SingleOrDefault(user => user.NormalizedName == normalizedUserName));

    public Task<Member?> FindByEmailAsync(string normalizedEmail, CancellationToken cancellationToken) =>
        Task.FromResult(_members.Values.SingleOrDefault(user => user.NormalizedEmail == normalizedEmail));

    public Task<Member?> FindByLoginAsync(string loginProvider, string providerKey, CancellationToken cancellationToken) =>
        Task.FromResult(_members.Values.SingleOrDefault(user => user.Login == (loginProvider, providerKey)));

    public Task<string> GetUserIdAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.Id);

    public Task<string?> GetUserNameAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.Name);

    public Task SetUserNameAsync(Member user, string? userName, CancellationToken cancellationToken) => Set(user.Name = userName);

    public Task<string?> GetNormalizedUserNameAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.NormalizedName);

    public Task SetNormalizedUserNameAsync(Member user, string? normalizedName, CancellationToken cancellationToken) =>
        Set(user.NormalizedName = normalizedName);

    public Task<string?> GetPasswordHashAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash);

    public Task SetPasswordHashAsync(Member user, string? passwordHash, CancellationToken cancellationToken) => Set(user.PasswordHash = passwordHash);

    public Task<bool> HasPasswordAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash is not null);

    public Task<string?> GetSecurityStampAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.Stamp);

    public Task SetSecurityStampAsync(Member user, string stamp, CancellationToken cancellationToken) => Set(user.Stamp = stamp);

    public Task<string?> GetEmailAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.Email);

    public Task SetEmailAsync(Member user, string? email, CancellationToken cancellationToken) => Set(user.Email = email);

    public Task<string?> GetNormalizedEmailAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.NormalizedEmail);

    public Task SetNormalizedEmailAsync(Member user, string? normalizedEmail, CancellationToken cancellationToken) =>
        Set(user.NormalizedEmail = normalizedEmail);

    public Task<bool> GetEmailConfirmedAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task SetEmailConfirmedAsync(Member user, bool confirmed, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.LockedUntil);

    public Task SetLockoutEndDateAsync(Member user, DateTimeOffset? lockoutEnd, CancellationToken cancellationToken) =>
        Set(user.LockedUntil = lockoutEnd);

    public Task<int> IncrementAccessFailedCountAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(++user.Failures);

    public Task ResetAccessFailedCountAsync(Member user, CancellationToken cancellationToken) => Set(user.Failures = 0);

    public Task<int> GetAccessFailedCountAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.Failures);

    public Task<bool> GetLockoutEnabledAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task SetLockoutEnabledAsync(Member user, bool enabled, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<bool> GetTwoFactorEnabledAsync(Member user, CancellationToken cancellationToken) => Task.FromResult(user.HasTwoFactors);

    public Task SetTwoFactorEnabledAsync(Member user, bool enabled, CancellationToken cancellationToken) => Set(user.HasTwoFactors = enabled);

    public Task AddLoginAsync(Member user, UserLoginInfo login, CancellationToken cancellationToken) =>
        Set(user.Login = (login.LoginProvider, login.ProviderKey));

    public Task RemoveLoginAsync(Member user, string loginProvider, string providerKey, CancellationToken cancellationToken) => Set(user.Login = null);

    public Task<IList<UserLoginInfo>> GetLoginsAsync(Member user, CancellationToken cancellationToken) => Task.FromResult<IList<UserLoginInfo>>([]);

    public Task<IdentityResult> CreateAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IdentityResult> UpdateAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IdentityResult> DeleteAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> GetRoleIdAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> GetRoleNameAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetRoleNameAsync(IdentityRole role, string? roleName, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> GetNormalizedRoleNameAsync(IdentityRole role, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetNormalizedRoleNameAsync(IdentityRole role, string? normalizedName, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<IdentityRole?> IRoleStore<IdentityRole>.FindByIdAsync(string roleId, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<IdentityRole?> IRoleStore<IdentityRole>.FindByNameAsync(string normalizedRoleName, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    // Each request has the store, and none ends it.
    public void Dispose()
    {
    }

    private static Task<T> Set<T>(T value) => Task.FromResult(value);

    private Task<IdentityResult> SaveAsync(Member user)
    {
        _members[user.Id] = user;
        return Task.FromResult(IdentityResult.Success);
    }
}
