var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
builder.Services.AddSessionManager(options => options.TrackClientInfo = true);
builder.Services.AddAuthentication().AddSessionManager();

var app = builder.Build();
app.UseFileServer();
app.UseSessionManager();
app.MapControllers();
app.MapSessionDashboard("/sessions").RequireAuthorization(policy => policy.RequireUserName("admin"));
app.Run();
