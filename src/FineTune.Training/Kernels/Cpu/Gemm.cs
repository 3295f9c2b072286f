using System.Runtime.InteropServices;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// Matrix products C = α A B + β C by the MKL inside libtorch. It sees columns where we see rows, so it computes Cᵀ = Bᵀ Aᵀ.
/// With β = 0, C is not read.
/// </summary>
internal static unsafe partial class Gemm
{
    private const byte Plain = (byte)'N';
    private const byte Transposed = (byte)'T';

    /// <summary>A [M, K] · B [K, N].</summary>
    public static void Multiply(Matrix a, Matrix b, Matrix c, float alpha = 1, float beta = 0) =>
        Call(Plain, Plain, b.Columns, a.Rows, a.Columns, alpha, b, a, beta, c);

    /// <summary>A [M, K] · Bᵀ, B [N, K].</summary>
    public static void MultiplyTransposed(Matrix a, Matrix b, Matrix c, float alpha = 1, float beta = 0) =>
        Call(Transposed, Plain, b.Rows, a.Rows, a.Columns, alpha, b, a, beta, c);

    /// <summary>Aᵀ · B, A [K, M], B [K, N].</summary>
    public static void TransposedMultiply(Matrix a, Matrix b, Matrix c, float alpha = 1, float beta = 0) =>
        Call(Plain, Transposed, b.Columns, a.Columns, a.Rows, alpha, b, a, beta, c);

    private static void Call(
        byte transposeLeft, byte transposeRight, int m, int n, int k, float alpha, Matrix left, Matrix right, float beta, Matrix c)
    {
        var (strideLeft, strideRight, strideC) = (left.Stride, right.Stride, c.Stride);
        Sgemm(
            &transposeLeft, &transposeRight, &m, &n, &k, &alpha, left.Data, &strideLeft, right.Data, &strideRight, &beta, c.Data, &strideC);
    }

    [LibraryImport("torch_cpu", EntryPoint = "sgemm")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Sgemm(
        byte* transposeA, byte* transposeB, int* m, int* n, int* k, float* alpha, float* a, int* lda, float* b, int* ldb, float* beta, float* c, int* ldc);
}
