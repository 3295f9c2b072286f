using System.Text;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Supervision;

/// <summary>A child's output: to the host's log and to a file that is set aside once it has grown large.</summary>
internal sealed class ChildLog : IDisposable
{
    private const long SetAsideAt = 16 << 20;
    private readonly Lock gate = new();
    private readonly StreamWriter file;
    private readonly ILogger logger;
    private bool closed;

    public ChildLog(string path, ILogger childLogger)
    {
        logger = childLogger;
        if (File.Exists(path) && new FileInfo(path).Length > SetAsideAt)
        {
            File.Move(path, path + ".old", overwrite: true);
        }

        file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite), new UTF8Encoding(false))
        {
            AutoFlush = true,
        };
    }

    public void Write(string line)
    {
        logger.LogInformation("{Line}", line);
        lock (gate)
        {
            if (!closed)
            {
                file.WriteLine(line);
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            file.Dispose();
        }
    }
}
