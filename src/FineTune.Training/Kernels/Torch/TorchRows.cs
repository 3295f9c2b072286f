using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Rows looked up and added to.</summary>
/// <param name="sorted">Whether rows to add to may be sorted by the operator; else sums are in the order of the rows by themselves.</param>
internal sealed unsafe class TorchRows(TorchScope scope, bool sorted) : IDisposable
{
    private readonly NativeBuffer<ushort> halves = new(scope.Memory);
    private readonly NativeBuffer<int> from = new();
    private readonly NativeBuffer<int> to = new();

    public void Embed(Weight embedding, int* tokens, Matrix destination)
    {
        if (!embedding.IsHalf)
        {
            Gather(embedding.Single, tokens, destination);
            return;
        }

        long rows = destination.Rows, columns = destination.Columns;
        halves.Reserve(rows * columns);
        Operators.IndexSelect.Run(
            Halves(embedding.Halves(0), embedding.Rows, columns), 0, scope.Indices(tokens, destination.Rows), Halves(halves.Data, rows, columns));
        Operators.Copy.Run(scope.View(destination), Halves(halves.Data, rows, columns), Word.False);
    }

    public void Gather(Matrix source, int* rows, Matrix destination) =>
        Operators.IndexSelect.Run(scope.View(source), 0, scope.Indices(rows, destination.Rows), scope.View(destination));

    public void ScatterAdd(Matrix source, int* rows, int first, Matrix destination)
    {
        var count = 0;
        var taken = from.Reserve(source.Rows);
        var targets = to.Reserve(source.Rows);
        for (var row = 0; row < source.Rows; row++)
        {
            var target = rows[row] - first;
            if ((uint)target < (uint)destination.Rows)
            {
                taken[count] = row;
                targets[count++] = target;
            }
        }

        if (count > 0 && count < source.Rows)
        {
            var some = scope.Scratch(0, count, source.Columns);
            Gather(source, taken, some);
            Add(some, targets, destination);
        }
        else if (count > 0)
        {
            Add(source, targets, destination);
        }
    }

    public void Dispose()
    {
        halves.Dispose();
        from.Dispose();
        to.Dispose();
    }

    // Rows repeat, and GPUs add with atomic operations in whatever order comes, unless they sort them first.
    private void Add(Matrix source, int* rows, Matrix destination)
    {
        if (sorted)
        {
            var indices = Word.List(Word.Optional(scope.Indices(rows, source.Rows)));
            Operators.IndexPut.Run(scope.View(destination), indices, scope.View(source), Word.True);
        }
        else
        {
            Operators.ScatterAdd.Run(scope.View(destination), 0, scope.Indices(rows, source.Rows, source.Columns), scope.View(source));
        }
    }

    private TensorHandle Halves(ushort* data, long rows, long columns) => scope.View(data, ElementType.BFloat16, [rows, columns], [columns, 1]);
}
