var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
builder.Services.AddSessionManager();
builder.Services.AddAuthentication().AddSessionManager();

var app = builder.Build();
app.UseFileServer();
app.UseSessionManager();
app.MapControllers();
app.Run();
