using System.CommandLine;
using FineTune.Cli.Terminals;
using FineTune.Core.Runs;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune events ID [--follow]</c>.</summary>
public static class EventsCommand
{
    private const int TypeColumns = 18;

    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the run ends." };
        return scope.Handle(new Command("events", "Show what happened to a run.") { id, follow }, async (call, cancellationToken) =>
        {
            if (call.Get(follow))
            {
                await call.Follow().FollowEventsAsync(call.Get(id), happened => Write(call, happened), cancellationToken);
            }
            else
            {
                var events = await call.Host.EventsAsync(call.Get(id), cancellationToken);
                events.ForEach(happened => Write(call, happened));
            }

            return ExitCodes.Ok;
        });
    }

    private static void Write(Invocation call, RunEvent happened)
    {
        if (call.Json)
        {
            call.WriteJson(happened);
        }
        else
        {
            call.Terminal.Out.WriteLine(
                $"{Format.Time(happened.Time)}  {happened.Type.PadRight(TypeColumns)}  {DisplayText.OneLine(happened.Message)}");
        }

        call.Terminal.Out.Flush();
    }
}
