using FineTune.Training.Kernels;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>One moment of every trained weight of a model. Matrices are kept in <paramref name="form"/>, the rest in single precision.</summary>
/// <param name="prefix">Of tensor names in a checkpoint.</param>
internal sealed unsafe class MomentBlock : IDisposable
{
    private readonly string prefix;
    private readonly IDeviceMemory? deviceMemory;
    private readonly Part[] parts;
    private readonly NativeBuffer<byte> memory;

    public MomentBlock(WeightLayout layout, LlamaParameters parameters, ValueForm form, string prefix, IDeviceMemory? deviceMemory = null)
    {
        (this.prefix, this.deviceMemory) = (prefix, deviceMemory);
        var names = layout.Shapes.ToDictionary(shape => layout[shape.Name], shape => shape.Name);
        parts = new Part[parameters.Trained.Ranges.Count];
        var bytes = 0L;
        foreach (var parameter in parameters.Trained.Ranges)
        {
            // Codes come eight at a time.
            var own = parameter.IsMatrix && parameter.Count % 8 == 0 ? form : ValueForm.Single;
            var part = new Part(names[parameter.Offset], own, parameter.Count, bytes);
            parts[parameter.Index] = part;
            bytes += (part.DataBytes + part.ScaleBytes + 63) / 64 * 64;
        }

        memory = new NativeBuffer<byte>(bytes, deviceMemory);
    }

    public long Bytes => memory.ByteCount;

    /// <summary>The moment of values <paramref name="first"/> … of <paramref name="parameter"/>.</summary>
    /// <param name="seed">Of rounding.</param>
    public StoredValues Values(Parameter parameter, long first, ulong seed)
    {
        var part = parts[parameter.Index];
        var data = memory.Data + part.Offset;
        var scales = part.Form == ValueForm.Codes ? (float*)(data + part.DataBytes) + (first / StoredValues.Block) : null;
        return new StoredValues(part.Form, data + (first * part.ValueBytes), scales, first, seed);
    }

    /// <summary>The moments as they are when read, exactly.</summary>
    public IReadOnlyList<TensorToWrite> ToWrite() =>
    [
        .. parts.Select(part => new TensorToWrite(Name(part), [part.Count], Source(part), part.Type)),
        .. parts.Where(part => part.Form == ValueForm.Codes)
            .Select(part => new TensorToWrite(ScalesName(part), [part.Blocks], DeviceValues.Source(deviceMemory, Scales(part)), TensorType.F32)),
    ];

    /// <summary>Takes back what <see cref="ToWrite"/> gave.</summary>
    public void Load(OptimizerFile.Saved saved)
    {
        foreach (var part in parts)
        {
            var source = saved.Of(Name(part), part.Type, part.Count);
            switch (part.Form)
            {
                case ValueForm.BFloat:
                    DeviceValues.Fill(deviceMemory, (ushort*)Data(part), part.Count, source);
                    break;
                case ValueForm.Codes:
                    DeviceValues.Fill(deviceMemory, Data(part), part.Count, source);
                    DeviceValues.Fill(deviceMemory, Scales(part), part.Blocks, saved.Of(ScalesName(part), TensorType.F32, part.Blocks));
                    break;
                default:
                    DeviceValues.Fill(deviceMemory, (float*)Data(part), part.Count, source);
                    break;
            }
        }
    }

    public void Dispose() => memory.Dispose();

    private string Name(Part part) => prefix + part.Name;

    private string ScalesName(Part part) => Name(part) + ".scales";

    private TensorSource Source(Part part) => part.Form switch
    {
        ValueForm.BFloat => DeviceValues.Source(deviceMemory, (ushort*)Data(part)),
        ValueForm.Codes => DeviceValues.Source(deviceMemory, Data(part)),
        _ => DeviceValues.Source(deviceMemory, (float*)Data(part)),
    };

    private byte* Data(Part part) => memory.Data + part.Offset;

    private float* Scales(Part part) => (float*)(Data(part) + part.DataBytes);

    private sealed record Part(string Name, ValueForm Form, long Count, long Offset)
    {
        public int ValueBytes => Form switch { ValueForm.BFloat => 2, ValueForm.Codes => 1, _ => 4 };

        public TensorType Type => Form switch { ValueForm.BFloat => TensorType.BF16, ValueForm.Codes => TensorType.U8, _ => TensorType.F32 };

        public long DataBytes => ((Count * ValueBytes) + 3) / 4 * 4;

        public long Blocks => (Count + StoredValues.Block - 1) / StoredValues.Block;

        public long ScaleBytes => Form == ValueForm.Codes ? Blocks * sizeof(float) : 0;
    }
}

/// <summary>Memory of bytes as tensors to read and write.</summary>
internal static unsafe class ByteMemory
{
    public static TensorSource Source(byte* data) => (first, destination) =>
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = data[first + i];
        }
    };

    public static void Fill(byte* data, long count, TensorSource source) =>
        TensorMemory.Read(count, source, (first, values) =>
        {
            for (var i = 0; i < values.Length; i++)
            {
                data[first + i] = (byte)values[i];
            }
        });
}
