using System.CommandLine;
using System.Globalization;
using System.Text;
using FineTune.Data.Tokenizers;

namespace FineTune.Cli.Datasets;

/// <summary><c>finetune tokenize FILE --tokenizer DIR</c>: the ids of each line.</summary>
public static class TokenizeCommand
{
    public static Command Create(CommandScope scope)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A text file, UTF-8; bytes that aren't count as U+FFFD." };
        file.AcceptExistingOnly();
        var tokenizer = TokenizerOption.Create();
        var command = new Command(
            "tokenize",
            "Print one JSON array of token ids per line of a file. Lines are taken raw: what stands between line feeds, carriage returns "
                + "included. No special tokens are added, and their names in the text are ordinary text.")
        {
            file, tokenizer,
        };
        return scope.Handle(command, (call, cancellationToken) => Task.Run(
            () => Run(Tokenizer.Load(call.Get(tokenizer)!.FullName), call.Get(file)!, call.Terminal.Out, cancellationToken), cancellationToken));
    }

    private static int Run(Tokenizer tokenizer, FileInfo file, TextWriter output, CancellationToken cancellationToken)
    {
        using var stream = file.OpenRead();
        var text = new StringBuilder();
        foreach (var lines in TextLines.ReadBatches(stream))
        {
            foreach (var ids in tokenizer.EncodeBatch(lines))
            {
                cancellationToken.ThrowIfCancellationRequested();
                text.Append('[').AppendJoin(',', ids.Select(id => id.ToString(CultureInfo.InvariantCulture))).Append("]\n");
                output.Write(text);
                text.Clear();
            }
        }

        output.Flush();
        return ExitCodes.Ok;
    }
}
