using CsCheck;
using FineTune.Training.Safetensors;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Safetensors;

public sealed class SafetensorsRoundTripTests
{
    private static readonly Gen<(int[] Shape, int Bits)[]> Tensors =
        Gen.Select(Gen.Int[0, 5].Array[0, 3], Gen.Int, (shape, bits) => (shape, bits)).Array[0, 6];

    [Fact]
    public void Read_WhatWasWritten_IsBitIdentical() => Tensors.Sample(cases =>
    {
        using var folder = new TempFolder();
        var written = Write(folder["a"], cases, TensorType.F32);
        using var reader = SafetensorsReader.Open(folder["a"]);
        Assert.Equal(written.Select(tensor => tensor.Name), reader.Header.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in written)
        {
            Assert.Equal(Bits(Values(tensor)), Bits(reader.Read(tensor.Name)));
        }
    }, iter: 50);

    [Fact]
    public void Write_SameTensors_GivesTheSameBytes() => Tensors.Sample(cases =>
    {
        using var folder = new TempFolder();
        Write(folder["a"], cases, TensorType.F32);
        Write(folder["b"], cases, TensorType.F32);
        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
    }, iter: 20);

    [Fact]
    public void Write_BF16ReadAndWrittenAgain_IsTheSameFile() => Tensors.Sample(cases =>
    {
        using var folder = new TempFolder();
        var written = Write(folder["a"], cases, TensorType.BF16);
        using (var reader = SafetensorsReader.Open(folder["a"]))
        {
            SafetensorsWriter.Write(
                folder["b"], [.. written.Select(tensor => TensorToWrite.Of(tensor.Name, tensor.Shape, reader.Read(tensor.Name)))], TensorType.BF16);
        }

        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
    }, iter: 20);

    [Theory]
    [InlineData(1f, 1f)]
    [InlineData(1.00390625f, 1f)]
    [InlineData(1.01171875f, 1.015625f)]
    [InlineData(-3.4028235e38f, float.NegativeInfinity)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    public void Write_BF16_RoundsToNearestEven(float value, float expected)
    {
        using var folder = new TempFolder();
        SafetensorsWriter.Write(folder["a"], [TensorToWrite.Of("x", [1], [value])], TensorType.BF16);
        using var reader = SafetensorsReader.Open(folder["a"]);
        Assert.Equal([expected], reader.Read("x"));
    }

    [Fact]
    public void Read_LargerThanTheWritersPieces_IsWhole()
    {
        using var folder = new TempFolder();
        float[] values = [.. Enumerable.Range(0, 600_001).Select(i => (float)i)];
        SafetensorsWriter.Write(folder["a"], [TensorToWrite.Of("x", [600_001], values)]);
        using var reader = SafetensorsReader.Open(folder["a"]);
        Assert.Equal(values, reader.Read("x"));
    }

    private static TensorToWrite[] Write(string file, (int[] Shape, int Bits)[] cases, TensorType type)
    {
        TensorToWrite[] tensors = [.. cases.Select((tensor, index) =>
        {
            long[] shape = [.. tensor.Shape.Select(size => (long)size)];
            var count = shape.Aggregate(1L, (product, size) => product * size);
            return TensorToWrite.Of(
                $"t{index}", shape, [.. Enumerable.Range(0, (int)count).Select(i => BitConverter.Int32BitsToSingle(tensor.Bits + (i * 77777)))]);
        })];
        SafetensorsWriter.Write(file, tensors, type);
        return tensors;
    }

    private static float[] Values(TensorToWrite tensor)
    {
        var values = new float[tensor.Count];
        tensor.Source(0, values);
        return values;
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
