using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Sqlite.Stores;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

/// <summary>Makes all connections of this process to a file fail or hang, by the hooks of SQLite itself: a progress
/// handler stops each step of a statement, and a hook of the write-ahead log fails a commit that is done.</summary>
public sealed class FileFaults : IMediumFaults, IDisposable
{
    private const string Library = "e_sqlite3";
    private const int Error = 1;
    private const uint TraceStatements = 1;

    private static readonly ConcurrentDictionary<string, FileFaults> ByFile = [];

    private readonly string _file;
    private readonly List<IServiceProvider> _stores = [];
    private readonly ConcurrentQueue<string> _statements = new();
    private readonly ManualResetEventSlim _goesOn = new(initialState: true);
    private volatile bool _fails;
    private int _failures;
    private int _opened;
    private int _hanging;
    private int _mostHanging;
    private int _lostAcknowledgements;

    static unsafe FileFaults()
    {
        SQLitePCL.Batteries_V2.Init();
        _ = AutoExtension(&Open);
    }

    public FileFaults(string file)
    {
        _file = file;
        ByFile[file] = this;
    }

    /// <summary>What each connection executes when it is opened.</summary>
    public string? Pragma { get; set; }

    /// <summary>Waits for the calls of a store when the file works again.</summary>
    /// <param name="services">The services of the store.</param>
    public void Watch(IServiceProvider services) => _stores.Add(services);

    public Task FailAsync()
    {
        _fails = true;
        return Task.CompletedTask;
    }

    public Task HangAsync()
    {
        _goesOn.Reset();
        return Task.CompletedTask;
    }

    public Task LoseNextAcknowledgementAsync()
    {
        _lostAcknowledgements = 1;
        return Task.CompletedTask;
    }

    public async Task HealAsync()
    {
        (_fails, _lostAcknowledgements) = (false, 0);
        _goesOn.Set();
        foreach (var services in _stores)
        {
            // A store writes one after the other: what hung has ended when this has.
            await services.GetRequiredService<SessionFile>().PrepareAsync(CancellationToken.None);
        }
    }

    /// <summary>The first words of the statements that were executed, in their order.</summary>
    public IReadOnlyCollection<string> Statements => _statements;

    /// <summary>Forgets <see cref="Statements"/>.</summary>
    public void ForgetStatements() => _statements.Clear();

    /// <summary>How many connections were opened, those of the tests too.</summary>
    public int Opened => _opened;

    /// <summary>How often a call has failed.</summary>
    public int Failures => _failures;

    /// <summary>The greatest number of threads that hung at once.</summary>
    public int MostHanging => _mostHanging;

    public void Dispose()
    {
        _goesOn.Set();
        ByFile.TryRemove(_file, out _);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int Open(nint database, nint message, nint api)
    {
        var file = Marshal.PtrToStringUTF8(FileName(database, "main"));
        if (file is not null && ByFile.TryGetValue(file, out var faults))
        {
            Interlocked.Increment(ref faults._opened);
            // The object lives as long as the test, and the handles are few.
            var handle = GCHandle.ToIntPtr(GCHandle.Alloc(faults));
            ProgressHandler(database, 1, &Step, handle);
            WalHook(database, &Commit, handle);
            _ = Trace(database, TraceStatements, &Begin, handle);
            if (faults.Pragma is { } pragma)
            {
                return Execute(database, pragma, 0, 0, 0);
            }
        }

        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Step(nint context)
    {
        var faults = Of(context);
        if (!faults._goesOn.IsSet)
        {
            faults.Hang();
        }

        return faults._fails ? faults.Fail() : 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Begin(uint kind, nint context, nint statement, nint sql)
    {
        Of(context)._statements.Enqueue(Marshal.PtrToStringUTF8(sql)!.Split(' ', '\n')[0]);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Commit(nint context, nint database, nint name, int pages) =>
        Interlocked.Exchange(ref Of(context)._lostAcknowledgements, 0) != 0 ? Error : 0;

    private int Fail()
    {
        Interlocked.Increment(ref _failures);
        return Error;
    }

    private void Hang()
    {
        lock (_stores)
        {
            _mostHanging = Math.Max(_mostHanging, ++_hanging);
        }

        _goesOn.Wait();
        lock (_stores)
        {
            _hanging--;
        }
    }

    private static FileFaults Of(nint context) => (FileFaults)GCHandle.FromIntPtr(context).Target!;

    [DllImport(Library, EntryPoint = "sqlite3_auto_extension", ExactSpelling = true)]
    private static extern unsafe int AutoExtension(delegate* unmanaged[Cdecl]<nint, nint, nint, int> open);

    [DllImport(Library, EntryPoint = "sqlite3_db_filename", ExactSpelling = true)]
    private static extern nint FileName(nint database, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport(Library, EntryPoint = "sqlite3_progress_handler", ExactSpelling = true)]
    private static extern unsafe void ProgressHandler(
        nint database, int steps, delegate* unmanaged[Cdecl]<nint, int> step, nint context);

    [DllImport(Library, EntryPoint = "sqlite3_wal_hook", ExactSpelling = true)]
    private static extern unsafe nint WalHook(
        nint database, delegate* unmanaged[Cdecl]<nint, nint, nint, int, int> commit, nint context);

    [DllImport(Library, EntryPoint = "sqlite3_trace_v2", ExactSpelling = true)]
    private static extern unsafe int Trace(
        nint database, uint kinds, delegate* unmanaged[Cdecl]<uint, nint, nint, nint, int> begin, nint context);

    [DllImport(Library, EntryPoint = "sqlite3_exec", ExactSpelling = true)]
    private static extern int Execute(
        nint database, [MarshalAs(UnmanagedType.LPUTF8Str)] string sql, nint callback, nint context, nint message);
}
