using FineTune.Core.Faults;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Models;

public sealed class ModelFolderTests
{
    [Fact]
    public void Open_ShardedFolder_HasTheSameWeightsAsTheSingleFile()
    {
        using var temp = new TempFolder();
        TestModels.Write(TestModels.Tiny, temp["one"]);
        TestModels.Write(TestModels.Tiny, temp["many"], maxShardBytes: 4000);
        Assert.True(Directory.GetFiles(temp["many"], "model-*-of-*.safetensors").Length > 2);
        using var one = ModelFolder.Open(temp["one"]);
        using var many = ModelFolder.Open(temp["many"]);
        foreach (var weight in LlamaWeights.Of(TestModels.Tiny.Shape))
        {
            Assert.Equal(Read(one, weight), Read(many, weight));
        }
    }

    [Fact]
    public void Open_CompanionFiles_AreKeptAndWeightsAreNot()
    {
        using var temp = new TempFolder();
        TestModels.Write(TestModels.Tiny, temp["m"]);
        File.WriteAllText(Path.Combine(temp["m"], "pytorch_model.bin"), "old");
        File.WriteAllText(Path.Combine(temp["m"], "LICENSE"), "free");
        using var folder = ModelFolder.Open(temp["m"]);
        Assert.Equal(["LICENSE", "tokenizer.json"], folder.Companions.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Open_WrongTensors_ListsMissingExtraAndMisshapenAtOnce()
    {
        using var temp = new TempFolder();
        var tensors = TestModels.Weights(TestModels.Tiny).ToList();
        tensors.RemoveAll(tensor => tensor.Name == LlamaWeights.FinalNorm);
        tensors.Add(TensorToWrite.Of("model.vision.weight", [1], [0]));
        tensors[0] = TensorToWrite.Of(LlamaWeights.Embedding, [16, 37], new float[16 * 37]);
        ModelFolder.Write(temp.Path, TestModels.Tiny, tensors, new Dictionary<string, byte[]>());
        var fault = Assert.Throws<FaultException>(() => ModelFolder.Open(temp.Path)).Fault;
        Assert.Equal("model_weights_mismatch", fault.Code);
        Assert.Contains("'model.norm.weight' is missing", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'model.vision.weight' is not part of the model", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'model.embed_tokens.weight' has shape [16, 37] instead of [37, 16]", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_RotaryBuffersAndTiedHead_AreIgnored()
    {
        using var temp = new TempFolder();
        var tied = TestModels.Tiny with { TieWordEmbeddings = true };
        TensorToWrite[] tensors =
        [
            .. TestModels.Weights(TestModels.Tiny),
            TensorToWrite.Of("model.layers.0.self_attn.rotary_emb.inv_freq", [4], new float[4]),
        ];
        ModelFolder.Write(temp.Path, tied, tensors, new Dictionary<string, byte[]>());
        using var folder = ModelFolder.Open(temp.Path);
        Assert.True(folder.Config.TieWordEmbeddings);
    }

    [Fact]
    public void Open_FolderWithoutConfig_SaysSo()
    {
        using var temp = new TempFolder();
        Assert.Equal("model_config_missing", Assert.Throws<FaultException>(() => ModelFolder.Open(temp.Path)).Fault.Code);
    }

    private static float[] Read(ModelFolder folder, WeightShape weight)
    {
        var values = new float[weight.Count];
        folder.Weights.Read(weight.Name, 0, values);
        return values;
    }
}
