using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>libtorch's flash attention for processors (Dao et al., "FlashAttention", 2022), one segment after another.</summary>
internal sealed class CpuFlashAttention(TorchScope scope) : ITorchAttention
{
    public void Forward(AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums)
    {
        Span<TensorHandle> made = stackalloc TensorHandle[2];
        for (var i = 0; i < segments.Count; i++)
        {
            var views = new SegmentViews(scope, shape, segments[i]);
            Operators.FlashCpu.Make(
                made, views.Query(packed), views.Key(packed), views.Value(packed), Word.Of(0), Word.True, Word.None, Scale(shape));
            Operators.Copy.Run(views.Output(output), made[0], Word.False);
            Operators.Copy.Run(views.LogSums(logSums), made[1], Word.False);
        }
    }

    public void Backward(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked)
    {
        Span<TensorHandle> made = stackalloc TensorHandle[3];
        for (var i = 0; i < segments.Count; i++)
        {
            var views = new SegmentViews(scope, shape, segments[i]);
            Operators.FlashCpuBackward.Make(
                made, views.Output(dOutput), views.Query(packed), views.Key(packed), views.Value(packed), views.Output(output), views.LogSums(logSums),
                Word.Of(0), Word.True, Word.None, Scale(shape));
            Operators.Copy.Run(views.Query(dPacked), made[0], Word.False);
            Operators.Sum.Run(made[1], Word.Optional(Word.List(0)), Word.False, Word.None, views.Shared(dPacked, values: false));
            Operators.Sum.Run(made[2], Word.Optional(Word.List(0)), Word.False, Word.None, views.Shared(dPacked, values: true));
        }
    }

    public void Dispose()
    {
        // It keeps nothing.
    }

    private static ulong Scale(AttentionShape shape) => Word.Optional(Word.Of(shape.Scale));
}
