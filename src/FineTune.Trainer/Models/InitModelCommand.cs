using System.Text.Json.Nodes;
using FineTune.Core.Faults;
using FineTune.Data.Tokenizers;
using FineTune.Training.Models;

namespace FineTune.Trainer.Models;

/// <summary><c>init-model</c>: a new model with seeded random weights and a tokenizer learned from texts.</summary>
public static class InitModelCommand
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var name = arguments.Required("--as");
        var texts = arguments.All("--text");
        var shape = ReadShape(arguments, out var merges, out var seed);
        arguments.RequireEmpty();
        if (texts.Count == 0)
        {
            throw new FaultException(Fault.Caller("init_model", "text_required", "--text FILE is required: the tokenizer is learned from it.", "text"));
        }

        var folder = Directory.CreateTempSubdirectory("finetune-init-").FullName;
        try
        {
            await WriteAsync(folder, texts, shape, merges, seed);
            await using var services = TrainerServices.Create();
            await ImportCommand.PublishAsync(services, folder, name);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static LlamaConfig ReadShape(Arguments arguments, out int merges, out int seed)
    {
        merges = arguments.Number("--merges", 1000);
        seed = arguments.Number("--seed", 0);
        var dim = arguments.Number("--dim", 128);
        var heads = arguments.Number("--heads", 4);
        return new LlamaConfig(
            VocabSize: 1,
            HiddenSize: dim,
            IntermediateSize: arguments.Number("--ffn", dim * 5 / 2),
            Layers: arguments.Number("--layers", 4),
            AttentionHeads: heads,
            KeyValueHeads: arguments.Number("--kv-heads", heads),
            HeadDimension: dim / heads,
            MaxPositionEmbeddings: arguments.Number("--context", 512),
            TieWordEmbeddings: !arguments.Flag("--untied"));
    }

    private static async Task WriteAsync(string folder, IReadOnlyList<string> texts, LlamaConfig shape, int merges, int seed)
    {
        var contents = new List<string>();
        foreach (var file in texts)
        {
            contents.Add(await File.ReadAllTextAsync(file));
        }

        var options = new BpeTrainerOptions { Merges = merges, ModelMaxLength = shape.MaxPositionEmbeddings };
        BpeTrainer.Train(contents, options).Save(folder, options);
        var tokenizer = Tokenizer.Load(folder);
        var config = shape with
        {
            VocabSize = tokenizer.VocabularySize,
            BosTokenId = tokenizer.BosId,
            EosTokenIds = tokenizer.EosIds,
        };
        LlamaInitializer.Write(config, seed, folder);
        var generation = new JsonObject
        {
            ["bos_token_id"] = tokenizer.BosId,
            ["eos_token_id"] = new JsonArray([.. tokenizer.EosIds.Select(id => JsonValue.Create(id))]),
            ["do_sample"] = false,
        };
        await File.WriteAllTextAsync(Path.Combine(folder, "generation_config.json"), generation.ToJsonString());
    }
}
