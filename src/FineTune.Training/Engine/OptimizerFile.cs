using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary><c>optimizer.safetensors</c>: AdamW's two moments of every trained weight, the same for every engine.</summary>
internal static class OptimizerFile
{
    public const string FileName = "optimizer.safetensors";
    internal const string First = "exp_avg.";
    internal const string Second = "exp_avg_sq.";

    /// <summary>All first moments, then all second ones.</summary>
    public static IReadOnlyList<TensorToWrite> ToWrite(
        IReadOnlyList<WeightShape> shapes, Func<WeightShape, TensorSource> first, Func<WeightShape, TensorSource> second) =>
    [
        .. shapes.Select(shape => new TensorToWrite(First + shape.Name, shape.Shape, first(shape))),
        .. shapes.Select(shape => new TensorToWrite(Second + shape.Name, shape.Shape, second(shape))),
    ];

    /// <summary>Moments in whatever form; other than those in single precision, only an engine of the same precision and rule reads them.</summary>
    public static ArtifactContent Content(IReadOnlyList<TensorToWrite> tensors) => new(FileName, () => new SafetensorsStream(tensors));

    /// <summary>Opens the file of <paramref name="directory"/>.</summary>
    public static Saved Open(string directory)
    {
        var file = Path.Combine(directory, FileName);
        return new Saved(File.Exists(file) ? SafetensorsReader.Open(file) : throw Invalid("the file is missing"));
    }

    /// <summary>Opens the file of <paramref name="directory"/> and checks that it holds the moments of <paramref name="shapes"/>.</summary>
    public static Moments Open(string directory, IReadOnlyList<WeightShape> shapes)
    {
        var file = Path.Combine(directory, FileName);
        var reader = File.Exists(file) ? SafetensorsReader.Open(file) : throw Invalid("the file is missing");
        try
        {
            var saved = reader.Header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            foreach (var shape in shapes)
            {
                Check(saved, First, shape);
                Check(saved, Second, shape);
            }

            return new Moments(reader);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private static void Check(Dictionary<string, TensorInfo> saved, string prefix, WeightShape shape)
    {
        var name = prefix + shape.Name;
        if (!saved.TryGetValue(name, out var info) || info.Type != TensorType.F32 || !info.Shape.SequenceEqual(shape.Shape))
        {
            throw Invalid($"'{name}' is missing or not F32 [{string.Join(", ", shape.Shape)}]");
        }
    }

    private static FaultException Invalid(string what)
    {
        var fault = Fault.Caller("load_checkpoint", "checkpoint_invalid", $"{FileName}: {what}. Resume from another checkpoint.");
        return new FaultException(fault with { File = FileName });
    }

    /// <summary>The saved moments.</summary>
    public sealed class Moments(SafetensorsReader reader) : IDisposable
    {
        public TensorSource FirstOf(WeightShape shape) => (first, destination) => reader.ReadFinite(First + shape.Name, first, destination);

        public TensorSource SecondOf(WeightShape shape) => (first, destination) => reader.ReadFinite(Second + shape.Name, first, destination);

        public void Dispose() => reader.Dispose();
    }

    /// <summary>What the file holds.</summary>
    public sealed class Saved(SafetensorsReader reader) : IDisposable
    {
        /// <summary>A tensor of the given type and number of elements.</summary>
        /// <exception cref="FaultException">There is none.</exception>
        public TensorSource Of(string name, TensorType type, long count) =>
            reader.Header.Tensors.Any(tensor => tensor.Name == name && tensor.Type == type && tensor.Count == count)
                ? (first, destination) => reader.ReadFinite(name, first, destination)
                : throw Invalid($"'{name}' is missing or not {type.Name()} [{count}]; precision and optimizer must be those of the checkpoint");

        public void Dispose() => reader.Dispose();
    }
}
