using FineTune.Core.Runs;
using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Optimizer updates: of single precision by libtorch's fused kernel, of other forms from elementwise operators, piece by piece.</summary>
internal sealed unsafe class TorchUpdate(TorchScope scope) : IDisposable
{
    private readonly TorchValues values = new(scope);
    private readonly NativeBuffer<float> step = new(1, scope.Memory);
    private readonly NativeBuffer<float> inverseScale = new(1, scope.Memory);
    private (float Step, float InverseScale) uploaded;

    public void Run(OptimizerKind kind, AdamWSettings settings, OptimizerRange range)
    {
        var (weights, first, second, count) = (range.Weights, range.First, range.Second, range.Count);
        if (kind == OptimizerKind.Adamw && weights.Form == ValueForm.Single && first.Form == ValueForm.Single)
        {
            Fused(settings, (float*)weights.Data, range.Gradients, (float*)first.Data, (float*)second.Data, count);
            return;
        }

        int length;
        for (var done = 0L; done < count; done += length)
        {
            var index = weights.First + done;
            length = (int)Math.Min(Math.Min(TorchValues.Piece, count - done), TorchNoise.Indices - (index % TorchNoise.Indices));
            var gradient = range.Gradients + done;
            Operators.Mul.Run(scope.Flat(gradient, length), TensorHandle.Of((float)settings.GradientScale), scope.Flat(gradient, length));
            var w = values.Load(weights, done, length, TorchValues.Weights);
            var m = values.Load(first, done, length, TorchValues.First);
            if (kind == OptimizerKind.Lion)
            {
                Lion(settings, w, gradient, m, length);
            }
            else
            {
                var v = values.Load(second, done, length, TorchValues.Second);
                AdamW(settings, w, gradient, m, v, length);
                values.Store(second, done, length, v);
            }

            values.Store(weights, done, length, w);
            values.Store(first, done, length, m);
        }
    }

    public void Dispose()
    {
        values.Dispose();
        step.Dispose();
        inverseScale.Dispose();
    }

    private void Fused(AdamWSettings settings, float* weights, float* gradients, float* first, float* second, long count)
    {
        var (number, inverse) = ((float)settings.Step, (float)(1 / settings.GradientScale));
        if (uploaded != (number, inverse))
        {
            step.Write([number]);
            inverseScale.Write([inverse]);
            uploaded = (number, inverse);
        }

        Operators.FusedAdamW.Run(
            Word.List(scope.Flat(weights, count)), Word.List(scope.Flat(gradients, count)), Word.List(scope.Flat(first, count)), Word.List(scope.Flat(second, count)),
            Word.List(), Word.List(scope.View(step.Data, ElementType.Single, [], [])),
            Word.Of(settings.LearningRate), Word.Of(settings.Beta1), Word.Of(settings.Beta2), Word.Of(settings.WeightDecay), Word.Of(settings.Epsilon),
            Word.False, Word.False,
            inverse == 1 ? Word.None : Word.Optional(scope.View(inverseScale.Data, ElementType.Single, [], [])), Word.None);
    }

    private void AdamW(AdamWSettings settings, float* w, float* g, float* m, float* v, int count)
    {
        Operators.Mul.Run(Flat(m), TensorHandle.Of((float)settings.Beta1), Flat(m));
        Operators.Add(Flat(m), Flat(g), (float)(1 - settings.Beta1));
        Operators.Mul.Run(Flat(v), TensorHandle.Of((float)settings.Beta2), Flat(v));
        Operators.AddProduct(Flat(v), Flat(g), Flat(g), (float)(1 - settings.Beta2));

        // The gradient's memory is free from here on.
        Operators.Sqrt.Run(Flat(v), Flat(g));
        Operators.Div.Run(Flat(g), TensorHandle.Of((float)Math.Sqrt(1 - Math.Pow(settings.Beta2, settings.Step))), Flat(g));
        Operators.Add(Flat(g), TensorHandle.Of((float)settings.Epsilon));
        Operators.Div.Run(Flat(m), Flat(g), Flat(g));
        Decay(settings, w, count);
        Operators.Add(Flat(w), Flat(g), -(float)(settings.LearningRate / (1 - Math.Pow(settings.Beta1, settings.Step))));

        TensorHandle Flat(float* data) => scope.Flat(data, count);
    }

    private void Lion(AdamWSettings settings, float* w, float* g, float* m, int count)
    {
        var direction = scope.Scratch(0, 1, count).Data;
        Operators.Mul.Run(Flat(m), TensorHandle.Of((float)settings.Beta1), Flat(direction));
        Operators.Add(Flat(direction), Flat(g), (float)(1 - settings.Beta1));
        Operators.Sign.Run(Flat(direction), Flat(direction));
        Operators.Mul.Run(Flat(m), TensorHandle.Of((float)settings.Beta2), Flat(m));
        Operators.Add(Flat(m), Flat(g), (float)(1 - settings.Beta2));
        Decay(settings, w, count);
        Operators.Add(Flat(w), Flat(direction), -(float)settings.LearningRate);

        TensorHandle Flat(float* data) => scope.Flat(data, count);
    }

    private void Decay(AdamWSettings settings, float* w, int count)
    {
        if (settings.WeightDecay != 0)
        {
            var kept = (float)(1 - (settings.LearningRate * settings.WeightDecay));
            Operators.Mul.Run(scope.Flat(w, count), TensorHandle.Of(kept), scope.Flat(w, count));
        }
    }
}
