using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>
/// Flash attention of GPUs for all segments at once, in bfloat16 (Dao, "FlashAttention-2", 2023, with segments of variable length).
/// </summary>
internal sealed unsafe class VariableFlashAttention(TorchScope scope) : ITorchAttention
{
    private readonly NativeBuffer<ushort> inputs = new(scope.Memory);
    private readonly NativeBuffer<ushort> outputs = new(scope.Memory);
    private readonly NativeBuffer<ushort> gradients = new(scope.Memory);
    private readonly NativeBuffer<ulong> noRandomness = new(2, scope.Memory);
    private readonly NativeBuffer<int> ends = new(scope.Memory);
    private readonly NativeBuffer<int> staging = new();

    public void Forward(AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums)
    {
        var at = Upload(segments);
        Narrow(inputs, packed);
        Span<TensorHandle> made = stackalloc TensorHandle[5];
        Operators.Flash.Make(
            made, Query(inputs, shape, packed.Rows), Key(shape, packed.Rows), Value(shape, packed.Rows), Word.Optional(Ends(at)), Word.Optional(Ends(at)),
            (ulong)segments.Longest, (ulong)segments.Longest, Word.Of(0), Word.True, Word.False, Word.Optional(Word.Of(shape.Scale)),
            Word.None, Word.None, Word.None, Word.None);
        Operators.Copy.Run(Heads(output, shape.Heads, shape.HeadDimension), made[0], Word.False);

        // Its own layout is [heads, rows].
        Operators.Copy.Run(LogSums(logSums), made[1], Word.False);
        foreach (var rest in made[2..])
        {
            rest.Dispose();
        }
    }

    public void Backward(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked)
    {
        var at = Upload(segments);
        Narrow(inputs, packed);
        Narrow(outputs, output);
        Narrow(gradients, dOutput);
        Span<TensorHandle> made = stackalloc TensorHandle[3];
        Operators.FlashBackward.Make(
            made, Query(gradients, shape, packed.Rows, shape.QueryWidth), Query(inputs, shape, packed.Rows), Key(shape, packed.Rows), Value(shape, packed.Rows),
            Query(outputs, shape, packed.Rows, shape.QueryWidth), LogSums(logSums), Ends(at), Ends(at),
            (ulong)segments.Longest, (ulong)segments.Longest, Word.Of(0), Word.True,
            scope.Flat(noRandomness.Data, 2, ElementType.UInt64), scope.View(noRandomness.Data, ElementType.UInt64, [], []),
            Word.Optional(Word.Of(shape.Scale)), Word.None, Word.None);
        var width = shape.HeadDimension;
        Operators.Copy.Run(Heads(dPacked, shape.Heads, width), made[0], Word.False);
        var keys = dPacked.Narrow(shape.QueryWidth, shape.KeyValueHeads * width);
        Operators.Copy.Run(Heads(keys, shape.KeyValueHeads, width), made[1], Word.False);
        var values = dPacked.Narrow(shape.QueryWidth + keys.Columns, keys.Columns);
        Operators.Copy.Run(Heads(values, shape.KeyValueHeads, width), made[2], Word.False);
    }

    public void Dispose()
    {
        inputs.Dispose();
        outputs.Dispose();
        gradients.Dispose();
        noRandomness.Dispose();
        ends.Dispose();
        staging.Dispose();
    }

    /// <summary>Where segments begin and the last ends.</summary>
    private int Upload(Segments segments)
    {
        var host = staging.Reserve(segments.Count + 1);
        for (var i = 0; i < segments.Count; i++)
        {
            host[i] = segments[i].First;
            host[i + 1] = segments[i].First + segments[i].Length;
        }

        ends.Reserve(segments.Count + 1);
        ends.Write(new ReadOnlySpan<int>(host, segments.Count + 1));
        return segments.Count + 1;
    }

    private void Narrow(NativeBuffer<ushort> buffer, Matrix matrix)
    {
        buffer.Reserve((long)matrix.Rows * matrix.Columns);
        var halves = scope.View(buffer.Data, ElementType.BFloat16, [matrix.Rows, matrix.Columns], [matrix.Columns, 1]);
        Operators.Copy.Run(halves, scope.View(matrix), Word.False);
    }

    private TensorHandle Ends(int count) => scope.Flat(ends.Data, count, ElementType.Int32);

    private TensorHandle Query(NativeBuffer<ushort> buffer, AttentionShape shape, int rows, int width = 0) => scope.View(
        buffer.Data, ElementType.BFloat16, [rows, shape.Heads, shape.HeadDimension], [width > 0 ? width : shape.PackedWidth, shape.HeadDimension, 1]);

    private TensorHandle Key(AttentionShape shape, int rows) => Shared(shape, rows, shape.QueryWidth);

    private TensorHandle Value(AttentionShape shape, int rows) => Shared(shape, rows, shape.QueryWidth + (shape.KeyValueHeads * shape.HeadDimension));

    private TensorHandle Shared(AttentionShape shape, int rows, int column) => scope.View(
        inputs.Data + column, ElementType.BFloat16, [rows, shape.KeyValueHeads, shape.HeadDimension], [shape.PackedWidth, shape.HeadDimension, 1]);

    private TensorHandle Heads(Matrix matrix, int heads, int width) =>
        scope.View(matrix.Data, ElementType.Single, [matrix.Rows, heads, width], [matrix.Stride, width, 1]);

    // Contiguous as the operator makes them; only it and its gradient read them.
    private TensorHandle LogSums(Matrix logSums) =>
        scope.View(logSums.Data, ElementType.Single, [logSums.Columns, logSums.Rows], [logSums.Rows, 1]);
}
