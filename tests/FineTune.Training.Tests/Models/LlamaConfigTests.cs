using System.Text.Json.Nodes;
using FineTune.Core.Faults;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Models;

public sealed class LlamaConfigTests
{
    private const string Llama32 = """
        {
          "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 128000,
          "eos_token_id": [128001, 128008, 128009], "head_dim": 64, "hidden_act": "silu", "hidden_size": 2048, "intermediate_size": 8192,
          "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 32,
          "num_hidden_layers": 16, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
          "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192, "rope_type": "llama3"},
          "rope_theta": 500000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16", "vocab_size": 128256
        }
        """;

    [Fact]
    public void Read_Llama32_HasItsShape()
    {
        var config = Read(Llama32);
        Assert.Equal(
            (128256, 2048, 8192, 16, 32, 8, 64, 131072, true, 500_000.0, 1e-5),
            (config.VocabSize, config.HiddenSize, config.IntermediateSize, config.Layers, config.AttentionHeads, config.KeyValueHeads,
                config.HeadDimension, config.MaxPositionEmbeddings, config.TieWordEmbeddings, config.RopeTheta, config.RmsNormEpsilon));
        Assert.Equal(new RopeScaling(RopeType.Llama3, 32, 1, 4, 8192), config.RopeScaling);
        Assert.Equal(128000, config.BosTokenId);
        Assert.Equal([128001, 128008, 128009], config.EosTokenIds!);
        Assert.Equal(1_235_814_400, config.Parameters);
    }

    [Fact]
    public void Read_RopeParameters_AreTheNewerFormOfTheSame()
    {
        var newer = Change(json =>
        {
            var rope = (JsonObject)json["rope_scaling"]!.DeepClone();
            rope["rope_theta"] = 500000.0;
            json["rope_parameters"] = rope;
            json.Remove("rope_scaling");
            json.Remove("rope_theta");
        });
        var config = Read(newer);
        Assert.Equal((500_000.0, RopeType.Llama3, 32.0), (config.RopeTheta, config.RopeScaling.Type, config.RopeScaling.Factor));
    }

    [Fact]
    public void Read_AbsentOptionalFields_TakeTheLibrarysDefaults()
    {
        var config = Read("""{"vocab_size": 10, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}""");
        Assert.Equal((2, 4, 1e-6, 10_000.0, false), (config.KeyValueHeads, config.HeadDimension, config.RmsNormEpsilon, config.RopeTheta, config.TieWordEmbeddings));
        Assert.Null(config.EosTokenIds);
    }

    [Theory]
    [InlineData("hidden_act", "\"gelu\"")]
    [InlineData("attention_bias", "true")]
    [InlineData("mlp_bias", "true")]
    [InlineData("model_type", "\"mixtral\"")]
    [InlineData("num_key_value_heads", "5")]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "\"2048\"")]
    [InlineData("vocab_size", "null")]
    [InlineData("head_dim", "63")]
    [InlineData("eos_token_id", "\"</s>\"")]
    [InlineData("rms_norm_eps", "-1")]
    public void Read_UnsupportedField_NamesFieldAndFile(string field, string value)
    {
        var fault = Assert.Throws<FaultException>(() => Read(Change(json => json[field] = JsonNode.Parse(value)))).Fault;
        Assert.Equal(("model_config_unsupported", field, "config.json"), (fault.Code, fault.Field, fault.File));
        Assert.Equal(FaultAttribution.Caller, fault.Attribution);
    }

    [Theory]
    [InlineData("rope_type", "\"yarn\"")]
    [InlineData("factor", "null")]
    [InlineData("high_freq_factor", "1.0")]
    public void Read_UnsupportedScaling_NamesTheNestedField(string field, string value)
    {
        var json = Change(json => json["rope_scaling"]![field] = JsonNode.Parse(value));
        Assert.Equal("rope_scaling." + field, Assert.Throws<FaultException>(() => Read(json)).Fault.Field);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"vocab_size\": 1, \"vocab_size\": 2}")]
    [InlineData("{\"model_type\": \"\\ud800\"}")]
    [InlineData("{\"\\udc00\": 1}")]
    public void Read_MalformedJson_IsTheCallersFault(string json) =>
        Assert.Equal("model_config_invalid", Assert.Throws<FaultException>(() => Read(json)).Fault.Code);

    [Fact]
    public void Write_ReadAgain_KeepsEveryFieldAndStatesTheWrittenType()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["config.json"], Read(Llama32).ToJson());
        var written = JsonNode.Parse(File.ReadAllText(folder["config.json"]))!.AsObject();
        var expected = JsonNode.Parse(Llama32)!.AsObject();
        expected["torch_dtype"] = "float32";
        Assert.True(JsonNode.DeepEquals(expected, written), written.ToJsonString());
    }

    [Fact]
    public void Write_NewConfig_ReadsBackEqual()
    {
        using var folder = new TempFolder();
        var config = TestModels.TinyLlama3 with { BosTokenId = 1, EosTokenIds = [2] };
        File.WriteAllBytes(folder["config.json"], config.ToJson());
        var read = LlamaConfig.Read(folder["config.json"]);
        Assert.Equal([2], read.EosTokenIds!);
        Assert.Equal(config with { EosTokenIds = null }, read with { EosTokenIds = null, Source = null });
    }

    private static LlamaConfig Read(string json) => LlamaConfigJson.Parse(json, "config.json");

    private static string Change(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(Llama32)!.AsObject();
        change(json);
        return json.ToJsonString();
    }
}
