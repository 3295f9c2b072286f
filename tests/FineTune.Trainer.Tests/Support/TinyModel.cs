using FineTune.Data.Tokenizers;
using FineTune.Training.Models;

namespace FineTune.Trainer.Tests.Support;

/// <summary>A real model that trains in milliseconds.</summary>
internal static class TinyModel
{
    /// <summary>Writes the model folder; returns the size of its vocabulary.</summary>
    public static int Write(string folder)
    {
        var options = new BpeTrainerOptions { Merges = 20, ModelMaxLength = 64 };
        BpeTrainer.Train(["the rain in the plain, the train in the rain"], options).Save(folder, options);
        var tokenizer = Tokenizer.Load(folder);
        var config = new LlamaConfig(
            tokenizer.VocabularySize, HiddenSize: 16, IntermediateSize: 24, Layers: 2, AttentionHeads: 2, KeyValueHeads: 2, HeadDimension: 8,
            MaxPositionEmbeddings: 64, TieWordEmbeddings: true, BosTokenId: tokenizer.BosId, EosTokenIds: tokenizer.EosIds);
        LlamaInitializer.Write(config, seed: 3, folder);
        return tokenizer.VocabularySize;
    }
}
