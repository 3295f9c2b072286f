using CsCheck;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Tests.Safetensors;

public sealed class SafetensorsStreamTests
{
    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.BF16)]
    public void Read_InPiecesOfAnyLengthFromAnyPlace_GivesTheBytesOfTheWhole(TensorType type)
    {
        TensorToWrite[] tensors =
        [
            TensorToWrite.Of("a", [3], [1, -2, 3.14159f]),
            TensorToWrite.Of("empty", [0], []),
            TensorToWrite.Of("b", [70, 71], [.. Enumerable.Range(0, 70 * 71).Select(i => i / 7f)]),
        ];
        using var stream = new SafetensorsStream(tensors, type);
        var whole = new byte[stream.Length];
        stream.ReadExactly(whole);
        Assert.Equal(0, stream.Read(new byte[8]));
        Gen.Select(Gen.Long[0, whole.Length], Gen.Int[1, 9000]).Sample(
            (place, count) =>
            {
                var piece = new byte[count];
                stream.Position = place;
                var read = stream.Read(piece);
                return read == Math.Min(count, whole.Length - place) && piece.AsSpan(0, read).SequenceEqual(whole.AsSpan((int)place, read));
            },
            iter: 500,
            threads: 1);
    }
}
