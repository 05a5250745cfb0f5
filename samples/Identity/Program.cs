using Identity;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

var builder = WebApplication.CreateBuilder(args);
var users = Path.Combine(builder.Environment.ContentRootPath, "users.db");
builder.Services.AddDbContext<Users>(options => options.UseSqlite($"Data Source={users}"));
builder.Services.AddIdentity<IdentityUser, IdentityRole>(options => options.Password = Passwords.Options)
    .AddEntityFrameworkStores<Users>()
    .AddDefaultTokenProviders();
builder.Services.ConfigureApplicationCookie(options => options.LoginPath = "/Login");
builder.Services.AddSessionManager(options => options.TrackClientInfo = true)
    .AddSqliteStore("Data Source=sessions.db")
    .AddIdentitySessions();
builder.Services.AddRazorPages(options => options.Conventions
    .AuthorizeFolder("/")
    .AllowAnonymousToPage("/Login")
    .AllowAnonymousToPage("/Register"));

var app = builder.Build();
using (var scope = app.Services.CreateScope())
{
    scope.ServiceProvider.GetRequiredService<Users>().Database.EnsureCreated();
}

app.UseFileServer();
app.UseSessionManager();
app.MapRazorPages();
app.Run();
