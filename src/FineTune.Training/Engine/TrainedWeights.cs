using FineTune.Core.Runs;

namespace FineTune.Training.Engine;

/// <summary>
/// What of a model is trained: rows of its parameters, each range a parameter of its own with gradients and moments. Frozen weights have
/// neither.
/// </summary>
internal sealed class TrainedWeights
{
    private readonly Dictionary<string, long> stateOffsets = new(StringComparer.Ordinal);
    private readonly List<(int FirstRow, Parameter Rows)>[] rangesOf;
    private readonly List<Parameter> ranges = [];

    private TrainedWeights(IReadOnlyList<Parameter> parameters, IReadOnlyList<WeightShape> shapes, int lowestLayer)
    {
        rangesOf = [.. parameters.Select(_ => new List<(int, Parameter)>())];
        (Shapes, LowestLayer) = (shapes, lowestLayer);
    }

    /// <summary>Nothing is frozen: the parameters themselves.</summary>
    public bool IsAll { get; private init; }

    /// <summary>By <see cref="Parameter.Index"/>.</summary>
    public IReadOnlyList<Parameter> Ranges => ranges;

    /// <summary>The weights by their names, in the model's order.</summary>
    public IReadOnlyList<WeightShape> Shapes { get; }

    /// <summary>Values of a block of gradients or moments, gaps included.</summary>
    public long StateCount { get; private set; }

    /// <summary>The backward pass ends with this layer, counted from the stage's first; below 0, with all of them and the embedding.</summary>
    public int LowestLayer { get; }

    public static TrainedWeights All(WeightLayout layout, IReadOnlyList<Parameter> parameters)
    {
        var all = new TrainedWeights(parameters, layout.Shapes, -1) { IsAll = true, StateCount = layout.Count };
        foreach (var parameter in parameters)
        {
            all.Add(parameter.Index, 0, parameter);
        }

        foreach (var shape in layout.Shapes)
        {
            all.stateOffsets[shape.Name] = layout[shape.Name];
        }

        return all;
    }

    /// <summary>Weights that adjoin in a parameter are one range of it, as long as none between them is frozen.</summary>
    public static TrainedWeights Of(WeightLayout layout, IReadOnlyList<Parameter> parameters, IReadOnlyList<WeightShape> shapes)
    {
        var lowest = FrozenWeights.LowestLayer(layout.Config.Shape, shapes) - layout.Stage.First;
        shapes = [.. shapes.IntersectBy(layout.Shapes.Select(own => own.Name), shape => shape.Name)];
        var trained = new TrainedWeights(parameters, shapes, lowest);
        foreach (var parameter in parameters)
        {
            var inside = shapes.Where(shape => layout[shape.Name] >= parameter.Offset && layout[shape.Name] < parameter.Offset + parameter.Count)
                .OrderBy(shape => layout[shape.Name]).ToList();
            for (int first = 0, end; first < inside.Count; first = end)
            {
                var offset = layout[inside[first].Name];
                var count = 0L;
                for (end = first; end < inside.Count && layout[inside[end].Name] == offset + count; end++)
                {
                    trained.stateOffsets[inside[end].Name] = trained.StateCount + count;
                    count += inside[end].Count;
                }

                var firstRow = (int)((offset - parameter.Offset) / parameter.Columns);
                var rows = new Parameter(
                    trained.ranges.Count, offset, trained.StateCount, (int)(count / parameter.Columns), parameter.Columns, parameter.IsMatrix);
                trained.Add(parameter.Index, firstRow, rows);
                trained.StateCount += WeightLayout.Aligned(count);
            }
        }

        return trained;
    }

    /// <summary>What is trained of a parameter, with the first of its rows there.</summary>
    public IReadOnlyList<(int FirstRow, Parameter Rows)> RangesOf(Parameter parameter) => rangesOf[parameter.Index];

    /// <summary>Where a trained weight's values lie in blocks of gradients and moments.</summary>
    public long StateOffsetOf(string name) => stateOffsets[name];

    private void Add(int parameter, int firstRow, Parameter rows)
    {
        rangesOf[parameter].Add((firstRow, rows));
        ranges.Add(rows);
    }
}
