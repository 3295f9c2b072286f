using System.CommandLine;
using FineTune.Cli.Hosting;
using FineTune.Cli.Runs;
using FineTune.Cli.Terminals;
using FineTune.Core.Json;
using FineTune.Workflows.Runs;

namespace FineTune.Cli;

/// <summary>One command as it was called.</summary>
public sealed class Invocation(CliContext context, GlobalOptions global, ParseResult parse) : IDisposable
{
    private HostClient? host;

    public CliContext Context => context;

    public Terminal Terminal => context.Terminal;

    public bool Json => parse.GetValue(global.Json);

    /// <summary>The host named by <c>--host</c>, the environment or the default, in this order.</summary>
    public HostClient Host => host ??= new HostClient(HostAddress.Parse(
        parse.GetValue(global.Host) ?? NullIfEmpty(context.Variable(GlobalOptions.HostVariable)) ?? GlobalOptions.DefaultHost));

    public IReadOnlyList<string> OptionNames => [.. parse.CommandResult.Command.Options.Select(option => option.Name)];

    public ParseResult Parse => parse;

    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => parse.GetRequiredValue(argument);

    public void WriteJson<T>(T value) => Terminal.Out.WriteLine(WireJson.Serialize(value));

    /// <summary>The run as JSON, or what became of it in a sentence and <paramref name="more"/>.</summary>
    public async Task WriteRunAsync(RunView run, string more = "")
    {
        if (Json)
        {
            WriteJson(run);
        }
        else
        {
            await Terminal.Out.WriteLineAsync(RunText.Outcome(run) + more);
        }
    }

    public RunFollower Follow(HostClient? other = null) => new(other ?? Host, context, Terminal.Error);

    public void Dispose() => host?.Dispose();

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
