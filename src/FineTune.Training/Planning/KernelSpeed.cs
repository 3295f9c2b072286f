using FineTune.Core.Runs;
using FineTune.Training.Kernels;

namespace FineTune.Training.Planning;

/// <summary>Rates of single kernels on memory of their own: the best of a few short measurements, as other work on the machine only slows them.</summary>
/// <param name="clock">Seconds since any moment.</param>
internal sealed unsafe class KernelSpeed(IKernels kernels, Func<double> clock)
{
    private const int Rounds = 3;

    /// <summary>Of an update, more than fit in caches.</summary>
    public const int ManyValues = 1 << 22;

    /// <summary>A measurement is at least this long.</summary>
    private const double LeastSeconds = 0.01;

    /// <summary>Operations per second of a layer's product, its input's gradient and its weight's: on average, and of the fastest.</summary>
    public (double Mean, double Best) Product(int rows, int outputs, int inputs, bool isHalf)
    {
        using var memory = new NativeBuffer<float>(((long)rows * (inputs + outputs)) + (2L * outputs * inputs));
        var x = new Matrix(memory.Data, rows, inputs);
        var y = new Matrix(x.Row(rows), rows, outputs);
        var gradient = new Matrix(y.Row(rows), outputs, inputs);
        var values = gradient.Row(outputs);
        var weight = isHalf ? new Weight((ushort*)values, outputs, inputs) : new Weight(values, outputs, inputs);
        new Span<float>(memory.Data, rows * (inputs + outputs)).Fill(0.5f);
        var operations = 2.0 * rows * outputs * inputs;
        double[] rates =
        [
            operations / Seconds(() => kernels.Linear(x, weight, y)),
            operations / Seconds(() => kernels.LinearInputGradient(y, weight, x)),
            operations / Seconds(() => kernels.LinearWeightGradient(y, x, gradient, add: false)),
        ];
        return (rates.Length / rates.Sum(rate => 1 / rate), rates.Max());
    }

    /// <summary>Operations per second of causal attention over one sequence, forward and backward.</summary>
    public double Attention(AttentionShape shape, int length)
    {
        using var memory = new NativeBuffer<float>((long)length * ((2 * shape.PackedWidth) + (2 * shape.QueryWidth) + shape.Heads));
        using var segments = new NativeBuffer<Segment>(1);
        segments.Data[0] = new Segment(0, length);
        var one = new Segments(segments.Data, 1, length);
        var packed = new Matrix(memory.Data, length, shape.PackedWidth);
        var output = new Matrix(packed.Row(length), length, shape.QueryWidth);
        var dOutput = new Matrix(output.Row(length), length, shape.QueryWidth);
        var dPacked = new Matrix(dOutput.Row(length), length, shape.PackedWidth);
        var logSums = new Matrix(dPacked.Row(length), length, shape.Heads);
        var seconds = Seconds(() =>
        {
            kernels.Attention(shape, packed, one, output, logSums);
            kernels.AttentionGradient(shape, packed, one, output, logSums, dOutput, dPacked);
        });
        return 7.0 * shape.QueryWidth * length * length / seconds;
    }

    /// <summary>Bytes per second that an activation and a norm read and write.</summary>
    public double Elementwise(int rows, int width)
    {
        using var memory = new NativeBuffer<float>((3L * rows * width) + rows + width);
        var gateUp = new Matrix(memory.Data, rows, 2 * width);
        var y = new Matrix(gateUp.Row(rows), rows, width);
        var x = gateUp.Narrow(0, width);
        var scales = y.Row(rows);
        var gain = scales + rows;
        var seconds = Seconds(() =>
        {
            kernels.SwiGlu(gateUp, y);
            kernels.RmsNorm(x, gain, 1e-5f, scales, y);
        });
        return 5.0 * rows * width * sizeof(float) / seconds;
    }

    /// <summary>Weights per second that the optimizer updates, kept as <paramref name="settings"/> say.</summary>
    public double Update(Hyperparameters settings, int count)
    {
        using var memory = new NativeBuffer<float>(5L * count);
        var gradients = memory.Data;
        var weights = gradients + count;
        var first = weights + count;
        var second = first + count;
        var scales = second + count;
        var update = new AdamWSettings(1, 1e-6, settings.Beta1, settings.Beta2, 0, settings.Epsilon, 1);
        var form = settings.Precision switch
        {
            TrainingPrecision.Bf16 => ValueForm.BFloat,
            TrainingPrecision.Bf16Int8 => ValueForm.Codes,
            _ => ValueForm.Single,
        };
        var weightForm = form == ValueForm.Single ? form : ValueForm.BFloat;
        var range = new OptimizerRange(
            new StoredValues(weightForm, weights, null, 0, 1),
            new StoredValues(form, first, scales, 0, 2),
            settings.Optimizer == OptimizerKind.Lion ? default : new StoredValues(form, second, scales + (count / StoredValues.Block), 0, 3),
            gradients,
            count);
        return count / Seconds(() => kernels.Update(settings.Optimizer, update, range));
    }

    /// <summary>Of one call; the first, which touches the memory, does not count.</summary>
    private double Seconds(Action call)
    {
        call();
        var best = double.PositiveInfinity;
        for (var round = 0; round < Rounds; round++)
        {
            var (began, calls, seconds) = (clock(), 0, 0.0);
            while (seconds < LeastSeconds)
            {
                call();
                calls++;
                seconds = clock() - began;
            }

            best = Math.Min(best, seconds / calls);
        }

        return best;
    }
}
