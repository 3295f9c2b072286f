using System.Runtime.InteropServices;
using System.Text;
using FineTune.Training.Models;

namespace FineTune.Training.Tests.Support;

/// <summary>
/// Writes a model as GGUF version 3 with F32 tensors and no vocabulary, as llama.cpp reads it
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
/// </summary>
internal static class GgufFile
{
    private const int Alignment = 32;

    /// <summary>Names of the tensors of a layer, Hugging Face's and GGUF's.</summary>
    private static readonly (string From, string To)[] LayerNames =
    [
        ("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"), ("post_attention_layernorm", "ffn_norm"), ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ];

    public static void Write(string file, LlamaConfig config, Func<string, float[]> weights)
    {
        var fields = Fields(config);
        var tensors = Tensors(config, weights);
        using var writer = new BinaryWriter(File.Create(file));
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)fields.Count);
        foreach (var (key, value) in fields)
        {
            Write(writer, key);
            WriteValue(writer, value);
        }

        var offset = 0L;
        foreach (var (name, shape, values) in tensors)
        {
            Write(writer, name);
            writer.Write((uint)shape.Length);
            Array.ForEach([.. shape.Reverse()], size => writer.Write((ulong)size));
            writer.Write(0u);
            writer.Write((ulong)offset);
            offset += Aligned(values.Length * sizeof(float));
        }

        foreach (var (_, _, values) in tensors)
        {
            writer.Write(new byte[Aligned(writer.BaseStream.Position) - writer.BaseStream.Position]);
            writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        writer.Write(new byte[Aligned(writer.BaseStream.Position) - writer.BaseStream.Position]);
    }

    private static List<(string Key, object Value)> Fields(LlamaConfig config)
    {
        List<(string, object)> fields =
        [
            ("general.architecture", "llama"),
            ("general.name", "test"),
            ("llama.vocab_size", (uint)config.VocabSize),
            ("llama.context_length", (uint)config.MaxPositionEmbeddings),
            ("llama.embedding_length", (uint)config.HiddenSize),
            ("llama.block_count", (uint)config.Layers),
            ("llama.feed_forward_length", (uint)config.IntermediateSize),
            ("llama.attention.head_count", (uint)config.AttentionHeads),
            ("llama.attention.head_count_kv", (uint)config.KeyValueHeads),
            ("llama.attention.key_length", (uint)config.HeadDimension),
            ("llama.attention.value_length", (uint)config.HeadDimension),
            ("llama.attention.layer_norm_rms_epsilon", (float)config.RmsNormEpsilon),
            ("llama.rope.dimension_count", (uint)config.HeadDimension),
            ("llama.rope.freq_base", (float)config.RopeTheta),
            ("tokenizer.ggml.model", "no_vocab"),
        ];
        if (config.RopeScaling.Type == RopeType.Linear)
        {
            fields.Add(("llama.rope.scaling.type", "linear"));
            fields.Add(("llama.rope.scaling.factor", (float)config.RopeScaling.Factor));
        }

        return fields;
    }

    private static List<(string Name, long[] Shape, float[] Values)> Tensors(LlamaConfig config, Func<string, float[]> weights)
    {
        var shapes = LlamaWeights.Of(config.Shape).ToDictionary(weight => weight.Name, weight => weight.Shape.ToArray());
        List<(string, long[], float[])> tensors = [];
        void Add(string from, string to, Func<float[], float[]>? change = null) =>
            tensors.Add((to + ".weight", shapes[from], (change ?? (values => values))(weights(from))));

        Add(LlamaWeights.Embedding, "token_embd");
        Add(LlamaWeights.FinalNorm, "output_norm");
        if (!config.TieWordEmbeddings)
        {
            Add(LlamaWeights.Output, "output");
        }

        if (config.RopeScaling.Type == RopeType.Llama3)
        {
            var unscaled = RopeScaling.None.Frequencies(config.HeadDimension, config.RopeTheta);
            var scaled = config.RopeScaling.Frequencies(config.HeadDimension, config.RopeTheta);
            float[] factors = [.. unscaled.Zip(scaled, (plain, stretched) => (float)(plain / stretched))];
            tensors.Add(("rope_freqs.weight", [factors.Length], factors));
        }

        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var (from, to) in LayerNames)
            {
                var turned = to is "attn_q" or "attn_k";
                Add(LlamaWeights.Name(layer, from), $"blk.{layer}.{to}", turned ? values => Interleave(values, config) : null);
            }
        }

        return tensors;
    }

    /// <summary>GGUF's Llama rotates neighbouring dimensions of a head, Hugging Face's dimension i with i + d/2.</summary>
    private static float[] Interleave(float[] values, LlamaConfig config)
    {
        var (inputs, width) = (config.HiddenSize, config.HeadDimension);
        var turned = new float[values.Length];
        for (var row = 0; row < values.Length / inputs; row++)
        {
            var (head, place) = Math.DivRem(row, width);
            var source = (head * width) + (place % 2 * (width / 2)) + (place / 2);
            Array.Copy(values, source * inputs, turned, row * inputs, inputs);
        }

        return turned;
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number:
                writer.Write(4u);
                writer.Write(number);
                break;
            case float number:
                writer.Write(6u);
                writer.Write(number);
                break;
            default:
                writer.Write(8u);
                Write(writer, (string)value);
                break;
        }
    }

    private static void Write(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static long Aligned(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
