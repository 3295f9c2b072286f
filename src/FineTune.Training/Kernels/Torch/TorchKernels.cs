using FineTune.Core.Runs;
using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>
/// The kernels on any device of libtorch, from operators of ATen that write where they are told to. Memory is that of <see cref="Memory"/>;
/// nothing is allocated in a step but by libtorch itself, from a pool, and no managed object is made.
/// </summary>
internal sealed unsafe class TorchKernels : IKernels
{
    private readonly TorchScope scope;
    private readonly TorchProducts products;
    private readonly TorchLayers layers;
    private readonly TorchLoss loss;
    private readonly TorchRows rows;
    private readonly TorchGradients gradients;
    private readonly TorchUpdate update;
    private readonly ITorchAttention attention;

    public TorchKernels(TorchMemory memory, TorchMethods methods)
    {
        scope = new TorchScope(memory);
        products = new TorchProducts(scope, methods.NarrowProducts);
        layers = new TorchLayers(scope);
        loss = new TorchLoss(scope);
        rows = new TorchRows(scope, methods.SortedScatter);
        gradients = new TorchGradients(scope);
        update = new TorchUpdate(scope);
        attention = methods.Attention switch
        {
            TorchAttentionMethod.CpuFlash => new CpuFlashAttention(scope),
            TorchAttentionMethod.VariableFlash => new VariableFlashAttention(scope),
            _ => new PlainAttention(scope),
        };
    }

    public TorchMemory Memory => scope.Memory;

    /// <summary>Memory until the next call of any kernel but <see cref="Add"/>.</summary>
    public Matrix Scratch(int rows, int columns) => scope.Scratch(0, rows, columns);

    /// <summary><paramref name="sum"/> += <paramref name="term"/>.</summary>
    public void Add(Matrix term, Matrix sum) => Operators.Add(scope.View(sum), scope.View(term));

    public void Linear(Matrix x, Weight weight, Matrix y, bool add) => products.Linear(x, weight, y, add);

    public void LinearInputGradient(Matrix dy, Weight weight, Matrix dx) => products.InputGradient(dy, weight, dx);

    public void LinearWeightGradient(Matrix dy, Matrix x, Matrix dWeight, bool add) => products.WeightGradient(dy, x, dWeight, add);

    public void RmsNorm(Matrix x, float* gain, float epsilon, float* scale, Matrix y) => layers.RmsNorm(x, gain, epsilon, scale, y);

    public void RmsNormGradient(Matrix x, float* gain, float* scale, Matrix dy, Matrix dx, float* dGain) =>
        layers.RmsNormGradient(x, gain, scale, dy, dx, dGain);

    public void Rotate(Matrix heads, Matrix cosines, Matrix sines, int* positions, bool back) => layers.Rotate(heads, cosines, sines, positions, back);

    public void Attention(AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums) =>
        attention.Forward(shape, packed, segments, output, logSums);

    public void AttentionGradient(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked) =>
        attention.Backward(shape, packed, segments, output, logSums, dOutput, dPacked);

    public void SwiGlu(Matrix gateUp, Matrix y) => layers.SwiGlu(gateUp, y);

    public void SwiGluGradient(Matrix gateUp, Matrix dy) => layers.SwiGluGradient(gateUp, dy);

    public void CrossEntropy(Matrix logits, int* labels, float scale, float* losses) => loss.CrossEntropy(logits, labels, scale, losses);

    public void Score(Matrix logits, int* labels, float* losses, int* hits) => loss.Score(logits, labels, losses, hits);

    public void Embed(Weight embedding, int* tokens, Matrix destination) => rows.Embed(embedding, tokens, destination);

    public void Gather(Matrix source, int* rows, Matrix destination) => this.rows.Gather(source, rows, destination);

    public void ScatterAdd(Matrix source, int* rows, int first, Matrix destination) => this.rows.ScatterAdd(source, rows, first, destination);

    public void Copy(Matrix source, Matrix destination) => Operators.Copy.Run(scope.View(destination), scope.View(source), Word.False);

    public void Clear(Matrix destination) => Operators.Zero.Run(scope.View(destination));

    public double SumGradients(float** gradients, int buffers, long count) => this.gradients.Sum(gradients, buffers, count);

    public double Update(OptimizerKind kind, AdamWSettings settings, OptimizerRange range, bool measures = false)
    {
        var gradients = range.Gradients;
        var square = measures ? SumGradients(&gradients, 1, range.Count) : 0;
        update.Run(kind, settings, range);
        return square;
    }

    public void Dispose()
    {
        products.Dispose();
        rows.Dispose();
        gradients.Dispose();
        update.Dispose();
        attention.Dispose();
        scope.Dispose();
    }
}
