using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu.Products;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Tests.Kernels.Cpu.Products;

/// <summary>Against sums in double precision, on shapes with and without rests in every dimension.</summary>
public sealed unsafe class PackedProductTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 6, 16, 8 }, { 5, 17, 9 }, { 7, 33, 100 }, { 130, 70, 700 }, { 13, 300, 1100 }, { 1030, 24, 60 }, { 40, 16, 30_000 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Multiply_RowsByRows_IsTheProduct(int rows, int columns, int depth)
    {
        float[] left = Values(rows * depth, 1), right = Values(columns * depth, 2);
        Check(
            rows, columns, depth, (i, k) => left[(i * depth) + k], (j, k) => right[(j * depth) + k],
            (a, b) => (Operand.Rows(new Matrix(a, rows, depth)), Operand.Rows(new Weight(b, columns, depth))), left, right);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Multiply_RowsByColumns_IsTheProduct(int rows, int columns, int depth)
    {
        float[] left = Values(rows * depth, 3), right = Values(columns * depth, 4);
        Check(
            rows, columns, depth, (i, k) => left[(i * depth) + k], (j, k) => right[(k * columns) + j],
            (a, b) => (Operand.Rows(new Matrix(a, rows, depth)), Operand.Columns(new Weight(b, depth, columns))), left, right);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Multiply_ColumnsByColumns_IsTheProduct(int rows, int columns, int depth)
    {
        float[] left = Values(rows * depth, 5), right = Values(columns * depth, 6);
        Check(
            rows, columns, depth, (i, k) => left[(k * rows) + i], (j, k) => right[(k * columns) + j],
            (a, b) => (Operand.Columns(new Matrix(a, depth, rows)), Operand.Columns(new Matrix(b, depth, columns))), left, right);
    }

    [Theory]
    [InlineData(70, 65, 90)]
    [InlineData(5, 16, 600)]
    public void Multiply_BFloatWeights_EqualsTheirValuesInSinglePrecision(int rows, int columns, int depth)
    {
        var x = Values(rows * depth, 7);
        ushort[] halves = [.. Values(columns * depth, 8).Select(BFloat.FromSingle)];
        float[] singles = [.. halves.Select(BFloat.ToSingle)];
        fixed (float* left = x, single = singles)
        fixed (ushort* half = halves)
        {
            var a = Operand.Rows(new Matrix(left, rows, depth));
            Assert.Equal(
                Product(2, a, Operand.Rows(new Weight(single, columns, depth)), rows, columns, depth),
                Product(2, a, Operand.Rows(new Weight(half, columns, depth)), rows, columns, depth));
            Assert.Equal(
                Product(2, a, Operand.Columns(new Weight(single, depth, columns)), rows, columns, depth),
                Product(2, a, Operand.Columns(new Weight(half, depth, columns)), rows, columns, depth));
        }
    }

    [Fact]
    public void Multiply_PartOfAWiderMatrix_LeavesTheRestAlone()
    {
        const int Wide = 50;
        float[] left = Values(12 * 20, 9), right = Values(20 * 20, 10), c = [.. Enumerable.Repeat(7f, 12 * Wide)];
        fixed (float* a = left, b = right, data = c)
        {
            using var product = new PackedProduct(1);
            product.Multiply(Operand.Rows(new Matrix(a, 12, 20)), Operand.Rows(new Weight(b, 20, 20)), 20, new Matrix(data, 12, Wide).Narrow(5, 20), add: false);
        }

        Assert.All(Enumerable.Range(0, c.Length), i => Assert.Equal(i % Wide is < 5 or >= 25, c[i] == 7));
    }

    private static void Check(
        int rows, int columns, int depth, Func<int, int, float> leftAt, Func<int, int, float> rightAt,
        Operands operands, float[] left, float[] right)
    {
        fixed (float* a = left, b = right)
        {
            var (first, second) = operands(a, b);
            var c = Product(1, first, second, rows, columns, depth);
            Assert.Equal(c, Product(2, first, second, rows, columns, depth));
            for (var i = 0; i < rows; i++)
            {
                for (var j = 0; j < columns; j++)
                {
                    var sum = 0.0;
                    for (var k = 0; k < depth; k++)
                    {
                        sum += (double)leftAt(i, k) * rightAt(j, k);
                    }

                    Assert.Equal(2 * sum, c[(i * columns) + j], 1e-4);
                }
            }
        }
    }

    /// <summary>The product, and once more added to itself.</summary>
    private static float[] Product(int threads, Operand left, Operand right, int rows, int columns, int depth)
    {
        var c = new float[rows * columns];
        c.AsSpan().Fill(float.NaN);
        using var product = new PackedProduct(threads);
        fixed (float* data = c)
        {
            product.Multiply(left, right, depth, new Matrix(data, rows, columns), add: false);
            product.Multiply(left, right, depth, new Matrix(data, rows, columns), add: true);
        }

        return c;
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    private delegate (Operand Left, Operand Right) Operands(float* left, float* right);
}
