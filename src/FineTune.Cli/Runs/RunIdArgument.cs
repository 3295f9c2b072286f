using System.CommandLine;

namespace FineTune.Cli.Runs;

public static class RunIdArgument
{
    public static Argument<string> Create() => new("ID") { Description = "The run's id, as 'finetune list' shows it." };
}
