using System.Text;
using System.Text.Json.Nodes;
using FineTune.Training.Safetensors;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Safetensors;

public sealed class InteroperabilityTests
{
    /// <summary>The reader is @jax-js/loaders (npm, by lock file), an implementation in TypeScript.</summary>
    [Fact]
    public void Write_ReadByAnotherImplementation_HasTheSameNamesShapesAndValues()
    {
        using var folder = new TempFolder();
        float[] values = [0, 1, -2.5f, 3e-30f, 4, 5];
        SafetensorsWriter.Write(folder["a"], [TensorToWrite.Of("odd", [3], values[..3]), TensorToWrite.Of("model.größe", [1, 2, 3], values)]);

        var read = JsonNode.Parse(Interop.Run("read.mjs", folder["a"]))!;
        Assert.Equal("pt", (string?)read["metadata"]!["format"]);
        var tensors = read["tensors"]!.AsArray();
        Assert.Equal(["odd", "model.größe"], tensors.Select(tensor => (string?)tensor!["name"]));
        Assert.Equal([1L, 2, 3], tensors[1]!["shape"]!.AsArray().Select(size => (long)size!));
        Assert.Equal(values, tensors[1]!["values"]!.AsArray().Select(value => (float)value!));
        Assert.Equal("F32", (string?)tensors[1]!["dtype"]);
    }

    /// <summary>The bytes that the original library writes for this tensor, as its own test <c>test_serialization_forced_alignement</c> states.</summary>
    [Fact]
    public void Read_WrittenByTheOriginalLibrary_HasItsValues()
    {
        using var folder = new TempFolder();
        var header = Encoding.UTF8.GetBytes("""{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       """);
        var data = Convert.FromHexString("000000000000803F0000004000004040000080400000A040");
        File.WriteAllBytes(folder["a"], [72, 0, 0, 0, 0, 0, 0, 0, .. header, .. data]);
        using var reader = SafetensorsReader.Open(folder["a"]);
        Assert.Equal([1L, 1, 2, 3], reader.Header.Tensors.Single().Shape);
        Assert.Equal([0f, 1, 2, 3, 4, 5], reader.Read("attn0"));
    }

    /// <summary>IEEE half and bfloat16 bit patterns: 1, -2, the largest half 65504; 1, -2, and 3.140625, the bfloat16 next to π.</summary>
    [Fact]
    public void Read_HalfPrecision_IsConverted()
    {
        using var folder = new TempFolder();
        var header = Encoding.UTF8.GetBytes(
            """{"b":{"dtype":"BF16","shape":[3],"data_offsets":[6,12]},"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}""");
        File.WriteAllBytes(
            folder["a"], [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. header, .. Convert.FromHexString("003C00C0FF7B803F00C04940")]);
        using var reader = SafetensorsReader.Open(folder["a"]);
        Assert.Equal([1f, -2, 65504], reader.Read("h"));
        Assert.Equal([1f, -2, 3.140625f], reader.Read("b"));
    }
}
