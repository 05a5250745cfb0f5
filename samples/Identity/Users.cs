using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Identity;

/// <summary>The users, in a file beside the one of the sessions.</summary>
public class Users(DbContextOptions<Users> options) : IdentityDbContext(options);
