using System.CommandLine;
using System.Globalization;
using FineTune.Cli.Hosting;

namespace FineTune.Cli.Models;

/// <summary><c>finetune models init --text FILE… --as NAME</c>: a new model of random weights with a tokenizer learnt from texts.</summary>
public static class InitCommand
{
    private static readonly (string Name, string Description)[] Sizes =
    [
        ("--dim", "Width of the hidden states."),
        ("--layers", "Transformer blocks."),
        ("--heads", "Attention heads."),
        ("--kv-heads", "Key and value heads."),
        ("--ffn", "Width of the feed-forward layers."),
        ("--merges", "Merges of the tokenizer."),
        ("--context", "Longest sequence, in tokens."),
        ("--seed", "Seeds the weights."),
    ];

    public static Command Create(CommandScope scope)
    {
        var texts = new Option<FileInfo[]>("--text")
        {
            HelpName = "FILE",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
            Description = "Texts from which the tokenizer is learnt.",
        };
        texts.AcceptExistingOnly();
        var name = new Option<string>("--as") { HelpName = "NAME", Required = true, Description = "The model's name." };
        var data = DataOption.Create("The host's data folder; default that of 'finetune up'.");
        var sizes = Sizes.Select(size => new Option<int?>(size.Name) { HelpName = "N", Description = size.Description }).ToList();
        var command = new Command("init", "Make a small model of random weights.") { texts, name, data };
        sizes.ForEach(command.Add);
        return scope.Handle(command, (call, cancellationToken) =>
        {
            string[] args =
            [
                "init-model", .. call.Get(texts)!.SelectMany(text => new[] { "--text", text.FullName }), "--as", call.Get(name)!,
                .. sizes.Where(size => call.Get(size) is not null)
                    .SelectMany(size => new[] { size.Name, call.Get(size)!.Value.ToString(CultureInfo.InvariantCulture) }),
            ];
            return TrainerCall.RunAsync(call, DataOption.Resolve(call, data), call.Get(name)!, args, cancellationToken);
        });
    }
}
