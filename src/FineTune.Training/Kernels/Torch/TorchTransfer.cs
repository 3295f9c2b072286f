using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Copies between devices. Work on both so far comes before, and what is asked of the destination afterwards comes behind.</summary>
internal static unsafe class TorchTransfer
{
    public static void Copy(TorchMemory from, Matrix source, TorchMemory to, Matrix destination) =>
        Operators.Copy.Run(View(to, destination), View(from, source), Word.False);

    private static TensorHandle View(TorchMemory memory, Matrix matrix) =>
        TensorHandle.View(matrix.Data, ElementType.Single, memory.Device, [matrix.Rows, matrix.Columns], [matrix.Stride, 1]);
}
