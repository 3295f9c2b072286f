using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>Memory of weights on a device: matrices in single precision or bfloat16, vectors in single precision.</summary>
internal sealed unsafe class DeviceWeights : IModelWeights
{
    private readonly WeightLayout layout;
    private readonly IDeviceMemory? deviceMemory;
    private readonly NativeBuffer<ushort>? halves;
    private readonly NativeBuffer<float> singles;

    /// <param name="deviceMemory">Null is the host.</param>
    /// <param name="source">Values of a weight; matrices are rounded to nearest.</param>
    public DeviceWeights(WeightLayout layout, TrainingPrecision precision, IDeviceMemory? deviceMemory, Func<WeightShape, TensorSource> source)
    {
        (this.layout, this.deviceMemory) = (layout, deviceMemory);
        halves = precision == TrainingPrecision.Fp32 ? null : new NativeBuffer<ushort>(layout.MatrixCount, deviceMemory);
        singles = new NativeBuffer<float>(halves is null ? layout.Count : layout.Count - layout.MatrixCount, deviceMemory);
        Block = halves is null ? new WeightBlock(singles.Data) : new WeightBlock(layout, halves.Data, singles.Data);
        foreach (var shape in layout.Shapes)
        {
            if (IsHalf(shape))
            {
                DeviceValues.Fill(deviceMemory, Half(shape), shape.Count, source(shape));
            }
            else
            {
                DeviceValues.Fill(deviceMemory, Single(shape), shape.Count, source(shape));
            }
        }
    }

    public WeightBlock Block { get; }

    public long Bytes => (halves?.ByteCount ?? 0) + singles.ByteCount;

    public IReadOnlyList<TensorToWrite> ToWrite() => [.. layout.Shapes.Select(shape => new TensorToWrite(
        shape.Name, shape.Shape, Source(shape), halves is null ? null : IsHalf(shape) ? TensorType.BF16 : TensorType.F32))];

    /// <summary>A weight's values as they are when read.</summary>
    public TensorSource Source(WeightShape shape) =>
        IsHalf(shape) ? DeviceValues.Source(deviceMemory, Half(shape)) : DeviceValues.Source(deviceMemory, Single(shape));

    public void Dispose()
    {
        halves?.Dispose();
        singles.Dispose();
    }

    private bool IsHalf(WeightShape shape) => halves is not null && shape.IsMatrix;

    private ushort* Half(WeightShape shape) => halves!.Data + layout[shape.Name];

    private float* Single(WeightShape shape) => singles.Data + layout[shape.Name] - (halves is null ? 0 : layout.MatrixCount);
}
