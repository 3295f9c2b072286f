using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Values in the form they are kept in, to single precision and back, rounded by the same chance as on processors.</summary>
internal sealed unsafe class TorchValues(TorchScope scope) : IDisposable
{
    /// <summary>Values worked on together, whole blocks.</summary>
    public const int Piece = 1 << 20;

    public const int Weights = 0;
    public const int First = 1;
    public const int Second = 2;

    private const int SignedLevels = 127;
    private const int UnsignedLevels = 255;

    private readonly NativeBuffer<float>[] loaded = [new(scope.Memory), new(scope.Memory), new(scope.Memory)];
    private readonly TorchNoise noise = new(scope);

    /// <summary>Values <paramref name="first"/> … in single precision: where they are, or copied. Moments of <see cref="Second"/> have no sign.</summary>
    public float* Load(StoredValues stored, long first, int count, int purpose)
    {
        if (stored.Form == ValueForm.Single)
        {
            return (float*)stored.Data + first;
        }

        var values = loaded[purpose].Reserve(Piece);
        if (stored.Form == ValueForm.BFloat)
        {
            Operators.Copy.Run(scope.Flat(values, count), scope.Flat((ushort*)stored.Data + first, count, ElementType.BFloat16), Word.False);
        }
        else
        {
            new TorchCodes(scope, noise, stored, Levels(values)).Load(first, count, values);
        }

        return values;
    }

    /// <summary>Keeps what <see cref="Load"/> gave, as it is now.</summary>
    public void Store(StoredValues stored, long first, int count, float* values)
    {
        if (stored.Form == ValueForm.BFloat)
        {
            // The sum carries into the upper half as often as the lower half says.
            var random = noise.Of(stored, first, count);
            Operators.And.Run(scope.Flat(random, count, ElementType.Int64), TensorHandle.Of(0xFFFFL), scope.Flat(random, count, ElementType.Int64));
            Operators.Add(scope.Flat(values, count, ElementType.Int32), scope.Flat(random, count, ElementType.Int64));
            var bits = scope.Flat(values, count, ElementType.Int32);
            Operators.ShiftRight.Run(scope.Flat(values, count, ElementType.Int32), TensorHandle.Of(16L), bits);
            Operators.Copy.Run(
                scope.Flat((ushort*)stored.Data + first, count, ElementType.Int16), scope.Flat(values, count, ElementType.Int32), Word.False);
        }
        else if (stored.Form == ValueForm.Codes)
        {
            new TorchCodes(scope, noise, stored, Levels(values)).Store(first, count, values);
        }
    }

    public void Dispose()
    {
        Array.ForEach(loaded, buffer => buffer.Dispose());
        noise.Dispose();
    }

    private int Levels(float* values) => values == loaded[Second].Data ? UnsignedLevels : SignedLevels;
}
