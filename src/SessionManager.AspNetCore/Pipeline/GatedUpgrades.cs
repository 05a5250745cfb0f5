using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The ways in which a response starts by becoming a connection: the session is saved before any of them, as
/// before the first byte of a body. (In the net beneath, a save that fails would be a bare 500.)</summary>
internal sealed class GatedUpgrades : IHttpUpgradeFeature, IHttpExtendedConnectFeature, IHttpWebSocketFeature
{
    private readonly ResponseBodyGate _gate;
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private readonly IHttpWebSocketFeature? _webSocket;

    private GatedUpgrades(
        ResponseBodyGate gate,
        IHttpUpgradeFeature? upgrade,
        IHttpExtendedConnectFeature? connect,
        IHttpWebSocketFeature? webSocket) =>
        (_gate, _upgrade, _connect, _webSocket) = (gate, upgrade, connect, webSocket);

    public bool IsUpgradableRequest => _upgrade!.IsUpgradableRequest;

    public bool IsExtendedConnect => _connect!.IsExtendedConnect;

    public string? Protocol => _connect!.Protocol;

    public bool IsWebSocketRequest => _webSocket!.IsWebSocketRequest;

    /// <summary>Puts the gate in front of what this request can become; <see langword="null"/>: it can't become
    /// anything.</summary>
    public static GatedUpgrades? For(HttpContext context, ResponseBodyGate gate)
    {
        var features = context.Features;
        var upgrade = features[typeof(IHttpUpgradeFeature)] as IHttpUpgradeFeature;
        upgrade = upgrade is { IsUpgradableRequest: true } ? upgrade : null;
        var connect = features[typeof(IHttpExtendedConnectFeature)] as IHttpExtendedConnectFeature;
        connect = connect is { IsExtendedConnect: true } ? connect : null;
        var webSocket = features[typeof(IHttpWebSocketFeature)] as IHttpWebSocketFeature;
        webSocket = webSocket is { IsWebSocketRequest: true } ? webSocket : null;
        if (upgrade is null && connect is null && webSocket is null)
        {
            return null;
        }

        var gated = new GatedUpgrades(gate, upgrade, connect, webSocket);
        Put<IHttpUpgradeFeature>(context, upgrade, gated);
        Put<IHttpExtendedConnectFeature>(context, connect, gated);
        Put<IHttpWebSocketFeature>(context, webSocket, gated);
        return gated;
    }

    /// <summary>Puts back what was there before.</summary>
    public void Remove(HttpContext context)
    {
        Put(context, this, _upgrade);
        Put(context, this, _connect);
        Put(context, this, _webSocket);
    }

    public async Task<Stream> UpgradeAsync()
    {
        await _gate.SaveAsync();
        return await _upgrade!.UpgradeAsync();
    }

    async ValueTask<Stream> IHttpExtendedConnectFeature.AcceptAsync()
    {
        await _gate.SaveAsync();
        return await _connect!.AcceptAsync();
    }

    async Task<WebSocket> IHttpWebSocketFeature.AcceptAsync(WebSocketAcceptContext context)
    {
        await _gate.SaveAsync();
        return await _webSocket!.AcceptAsync(context);
    }

    // Not where somebody has put another one in front meanwhile.
    private static void Put<TFeature>(HttpContext context, TFeature? there, TFeature? instead)
        where TFeature : class
    {
        if (there is not null && instead is not null && ReferenceEquals(context.Features.Get<TFeature>(), there))
        {
            context.Features.Set(instead);
        }
    }
}
