using FineTune.Cli.Hosting;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary>Looks at a run until it ends, and waits for a host that is being restarted.</summary>
public sealed class RunFollower(HostClient host, CliContext context, TextWriter notices)
{
    /// <summary>The run as it ended.</summary>
    public async Task<RunView> FollowAsync(string id, Action<RunView>? show, CancellationToken cancellationToken)
    {
        while (true)
        {
            var run = await AskAsync(() => host.GetRunAsync(id, cancellationToken), cancellationToken);
            show?.Invoke(run);
            if (run.Status.HasEnded())
            {
                return run;
            }

            await PauseAsync(cancellationToken);
        }
    }

    /// <summary>Shows each event once, until the run's last.</summary>
    public async Task FollowEventsAsync(string id, Action<RunEvent> show, CancellationToken cancellationToken)
    {
        var shown = new HashSet<string>();
        while (true)
        {
            var events = await AskAsync(() => host.EventsAsync(id, cancellationToken), cancellationToken);
            foreach (var happened in events.Where(happened => shown.Add(happened.Id)))
            {
                show(happened);
            }

            if (events.Exists(happened => RunEventTypes.IsTerminal(happened.Type)))
            {
                return;
            }

            await PauseAsync(cancellationToken);
        }
    }

    public Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(context.PollInterval, context.Clock, cancellationToken);

    private async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        long? lostAt = null;
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (HostUnavailableException lost)
            {
                if (lostAt is null)
                {
                    lostAt = context.Clock.GetTimestamp();
                    await notices.WriteLineAsync($"The host does not answer; waiting for it. {lost.Message}");
                }

                if (context.Clock.GetElapsedTime(lostAt.Value) >= context.ReconnectWindow)
                {
                    throw;
                }

                await PauseAsync(cancellationToken);
            }
        }
    }
}
