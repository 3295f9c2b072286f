using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FineTune.Core.Faults;
using FineTune.Core.Json;

namespace FineTune.Training.Models;

/// <summary><see cref="LlamaConfig"/> as <c>config.json</c>, in the older form (<c>rope_theta</c>, <c>rope_scaling</c>) and the newer
/// (<c>rope_parameters</c>). What this engine cannot compute is refused by name rather than ignored.</summary>
internal static class LlamaConfigJson
{
    /// <summary>Far above any model's; a hostile number would fill memory with names of weights.</summary>
    private const int MaxLayers = 1000;

    /// <summary>Parses <paramref name="json"/>; <paramref name="file"/> is named in errors.</summary>
    public static LlamaConfig Parse(string json, string file)
    {
        var fields = new ConfigFields(ParseObject(json, file), file);
        fields.Require("model_type", "llama", fallback: "llama");
        fields.Require("hidden_act", "silu", fallback: "silu");
        fields.RequireFalse("attention_bias");
        fields.RequireFalse("mlp_bias");
        var heads = fields.Int("num_attention_heads");
        var hidden = fields.Int("hidden_size");
        var keyValueHeads = fields.Int("num_key_value_heads", heads);
        fields.Check("num_key_value_heads", heads % keyValueHeads == 0, $"must divide num_attention_heads ({heads})");
        var headDimension = fields.Int("head_dim", hidden / heads);
        fields.Check("head_dim", headDimension % 2 == 0, "must be even for rotary embeddings");
        var layers = fields.Int("num_hidden_layers");
        fields.Check("num_hidden_layers", layers <= MaxLayers, $"must be at most {MaxLayers}");
        return new LlamaConfig(
            fields.Int("vocab_size"),
            hidden,
            fields.Int("intermediate_size"),
            layers,
            heads,
            keyValueHeads,
            headDimension,
            fields.Int("max_position_embeddings", 2048),
            fields.Bool("tie_word_embeddings", false),
            fields.Double("rms_norm_eps", 1e-6),
            Rope(fields).Double("rope_theta", 10_000),
            ParseScaling(fields),
            fields.Ids("bos_token_id") is [var bos, ..] ? bos : null,
            fields.Ids("eos_token_id"),
            fields.Object);
    }

    /// <summary>The file's text: the fields of the source, overlaid with those of <paramref name="config"/>.</summary>
    public static string Format(LlamaConfig config, string weightType)
    {
        var json = (JsonObject?)config.Source?.DeepClone() ?? new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_act"] = "silu",
            ["attention_bias"] = false,
            ["mlp_bias"] = false,
            ["initializer_range"] = LlamaInitializer.StandardDeviation(config),
        };
        json["vocab_size"] = config.VocabSize;
        json["hidden_size"] = config.HiddenSize;
        json["intermediate_size"] = config.IntermediateSize;
        json["num_hidden_layers"] = config.Layers;
        json["num_attention_heads"] = config.AttentionHeads;
        json["num_key_value_heads"] = config.KeyValueHeads;
        json["head_dim"] = config.HeadDimension;
        json["max_position_embeddings"] = config.MaxPositionEmbeddings;
        json["tie_word_embeddings"] = config.TieWordEmbeddings;
        json["rms_norm_eps"] = config.RmsNormEpsilon;
        if (config.BosTokenId is { } bos)
        {
            json["bos_token_id"] = bos;
        }

        if (config.EosTokenIds is { Count: > 0 } eos)
        {
            json["eos_token_id"] = eos.Count == 1 ? eos[0] : new JsonArray([.. eos.Select(id => JsonValue.Create(id))]);
        }

        FormatRope(config, json);
        json[json.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = weightType;
        return json.ToJsonString(WireJson.Indented) + "\n";
    }

    private static void FormatRope(LlamaConfig config, JsonObject json)
    {
        var newer = json["rope_parameters"] as JsonObject;
        var scaling = config.RopeScaling;
        (newer ?? json)["rope_theta"] = config.RopeTheta;
        if (newer is null && scaling.Type == RopeType.Default)
        {
            json["rope_scaling"] = null;
            return;
        }

        var fields = newer ?? json["rope_scaling"] as JsonObject;
        if (fields is null)
        {
            json["rope_scaling"] = fields = [];
        }

        fields[fields.ContainsKey("rope_type") || !fields.ContainsKey("type") ? "rope_type" : "type"] = WireName(scaling.Type);
        if (scaling.Type != RopeType.Default)
        {
            fields["factor"] = scaling.Factor;
        }

        if (scaling.Type == RopeType.Llama3)
        {
            fields["low_freq_factor"] = scaling.LowFreqFactor;
            fields["high_freq_factor"] = scaling.HighFreqFactor;
            fields["original_max_position_embeddings"] = scaling.OriginalMaxPositionEmbeddings;
        }
    }

    private static ConfigFields Rope(ConfigFields fields) => fields.Child("rope_parameters") ?? fields;

    private static RopeScaling? ParseScaling(ConfigFields fields)
    {
        var scaling = fields.Child("rope_parameters") ?? fields.Child("rope_scaling");
        var name = scaling is null ? "rope_type" : scaling.Has("rope_type") || !scaling.Has("type") ? "rope_type" : "type";
        switch (scaling?.Text(name, "default") ?? "default")
        {
            case "default":
                return null;
            case "linear":
                return new RopeScaling(RopeType.Linear, scaling!.Double("factor"));
            case "llama3":
                var llama = new RopeScaling(
                    RopeType.Llama3,
                    scaling!.Double("factor"),
                    scaling.Double("low_freq_factor"),
                    scaling.Double("high_freq_factor"),
                    scaling.Int("original_max_position_embeddings"));
                scaling.Check("high_freq_factor", llama.HighFreqFactor > llama.LowFreqFactor, "must be above low_freq_factor");
                return llama;
            default:
                throw scaling!.Unsupported(name, "'default', 'linear' or 'llama3'");
        }
    }

    private static string WireName(RopeType type) => type == RopeType.Llama3 ? "llama3" : type == RopeType.Linear ? "linear" : "default";

    private static JsonObject ParseObject(string json, string file)
    {
        try
        {
            JsonStrings.Check(Encoding.UTF8.GetBytes(json));
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            return JsonNode.Parse(json, documentOptions: options) as JsonObject ?? throw new JsonException("It is no JSON object.");
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            var message = $"{Path.GetFileName(file)} is malformed: {malformed.Message}";
            throw new FaultException(Fault.Caller("load_model", "model_config_invalid", message) with { File = Path.GetFileName(file) }, malformed);
        }
    }
}
