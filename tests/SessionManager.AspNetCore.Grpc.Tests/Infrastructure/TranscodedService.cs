using Grpc.Core;

namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>Changes the session, and then does what the name of the step says.</summary>
internal sealed class TranscodedService(ISessionManager session) : Transcoded.TranscodedBase
{
    public override Task<Done> Run(Step request, ServerCallContext context)
    {
        Change(request, context);
        return Task.FromResult(new Done { Message = "done" });
    }

    public override async Task RunStreaming(Step request, IServerStreamWriter<Done> responseStream, ServerCallContext context)
    {
        Change(request, context);
        await responseStream.WriteAsync(new Done { Message = "done" });
        if (request.Name == "throw-late")
        {
            session.StoreValue("fruit", "late");
            throw new FormatException("no");
        }
    }

    private void Change(Step request, ServerCallContext context)
    {
        session.StoreValue("fruit", request.Name);
        switch (request.Name)
        {
            case "throw":
                throw new FormatException("no");
            case "throw-rpc":
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "no"));
            case "sign-out-and-throw":
                session.ClearSession();
                throw new FormatException("no");
            case "status":
                context.Status = new Status(StatusCode.NotFound, "no");
                break;
        }
    }
}
