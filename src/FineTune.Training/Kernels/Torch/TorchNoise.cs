using FineTune.Training.Kernels.Cpu.Updates;
using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary><see cref="Noise"/> on a device, bit for bit. Its 32-bit numbers are kept in 64 bits, since ATen's operators have no unsigned ones.</summary>
internal sealed unsafe class TorchNoise(TorchScope scope) : IDisposable
{
    /// <summary>Of 32 bits.</summary>
    public const long Indices = 1L << 32;

    private const long Bits = Indices - 1;

    private readonly NativeBuffer<long> numbers = new(scope.Memory);
    private readonly NativeBuffer<long> random = new(scope.Memory);
    private readonly NativeBuffer<long> shifted = new(scope.Memory);

    /// <summary>
    /// 32 random bits for each value from <paramref name="first"/> on, until the next call. Their indices are on one side of any multiple
    /// of <see cref="Indices"/>.
    /// </summary>
    public long* Of(StoredValues stored, long first, int count)
    {
        Count(count);
        var index = stored.First + first;
        var (key, last) = Noise.Keys(stored.Seed, index);
        Operators.Copy.Run(Flat(random), Flat(numbers), Word.False);
        Operators.Add(Flat(random), TensorHandle.Of(index & Bits));
        Operators.Xor.Run(Flat(random), TensorHandle.Of((long)key), Flat(random));
        Mix(16, 0x7feb352d);
        Mix(15, 0x846ca68b);
        Fold(16);
        Operators.Xor.Run(Flat(random), TensorHandle.Of((long)last), Flat(random));
        return random.Data;

        void Mix(long shift, long factor)
        {
            Fold(shift);
            Operators.Mul.Run(Flat(random), TensorHandle.Of(factor), Flat(random));
            Operators.And.Run(Flat(random), TensorHandle.Of(Bits), Flat(random));
        }

        void Fold(long shift)
        {
            Operators.ShiftRight.Run(Flat(random), TensorHandle.Of(shift), Flat(shifted));
            Operators.Xor.Run(Flat(random), Flat(shifted), Flat(random));
        }

        TensorHandle Flat(NativeBuffer<long> buffer) => scope.Flat(buffer.Data, count, ElementType.Int64);
    }

    /// <summary>Uniform in [0, 1), as <see cref="Noise.UniformAt"/>.</summary>
    public void Uniform(StoredValues stored, long first, int count, float* destination)
    {
        var bits = Of(stored, first, count);
        var view = scope.Flat(bits, count, ElementType.Int64);
        Operators.ShiftRight.Run(scope.Flat(bits, count, ElementType.Int64), TensorHandle.Of(8L), view);
        Operators.Copy.Run(scope.Flat(destination, count), scope.Flat(bits, count, ElementType.Int64), Word.False);
        Operators.Mul.Run(scope.Flat(destination, count), TensorHandle.Of(1f / (1 << 24)), scope.Flat(destination, count));
    }

    public void Dispose()
    {
        numbers.Dispose();
        random.Dispose();
        shifted.Dispose();
    }

    /// <summary>0, 1, 2 … on the device.</summary>
    private void Count(int count)
    {
        if (numbers.Data is null)
        {
            var all = new long[TorchValues.Piece];
            for (var i = 0; i < all.Length; i++)
            {
                all[i] = i;
            }

            numbers.Reserve(all.Length);
            numbers.Write(all);
            random.Reserve(all.Length);
            shifted.Reserve(all.Length);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, TorchValues.Piece);
    }
}
