using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Tests.Engine;

public sealed class AdamWTests : IDisposable
{
    private static readonly LlamaConfig Config = TestModels.Tiny;
    private readonly TempFolder folder = new();
    private readonly LlamaModel model;

    public AdamWTests()
    {
        using var opened = ModelFolder.Open(TestModels.Write(Config, folder["model"]));
        model = new LlamaModel(opened);
    }

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Step_SeveralUpdates_FollowTheDoublePrecisionRule()
    {
        var settings = TestModels.Hyperparameters(weightDecay: 0.1);
        using var optimizer = new AdamW(model, model.Shapes, settings, null);
        var weights = model.Shapes.ToDictionary(shape => shape.Name, shape => Values(model[shape.Name]));
        var first = weights.ToDictionary(pair => pair.Key, pair => new double[pair.Value.Length]);
        var second = weights.ToDictionary(pair => pair.Key, pair => new double[pair.Value.Length]);
        for (var step = 1; step <= 5; step++)
        {
            var rate = 1e-2 / step;
            foreach (var shape in model.Shapes)
            {
                var (w, m, v) = (weights[shape.Name], first[shape.Name], second[shape.Name]);
                var gradient = Gradient(shape, step);
                SetGradient(shape, gradient);
                for (var i = 0; i < w.Length; i++)
                {
                    w[i] -= shape.IsMatrix ? rate * settings.WeightDecay * w[i] : 0;
                    m[i] = (settings.Beta1 * m[i]) + ((1 - settings.Beta1) * gradient[i]);
                    v[i] = (settings.Beta2 * v[i]) + ((1 - settings.Beta2) * gradient[i] * gradient[i]);
                    w[i] -= rate * (m[i] / (1 - Math.Pow(settings.Beta1, step)))
                        / (Math.Sqrt(v[i] / (1 - Math.Pow(settings.Beta2, step))) + settings.Epsilon);
                }
            }

            optimizer.Step(step, rate);
        }

        foreach (var shape in model.Shapes)
        {
            var actual = Values(model[shape.Name]);
            for (var i = 0; i < actual.Length; i++)
            {
                Assert.Equal(weights[shape.Name][i], actual[i], 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1000)]
    [InlineData(0)]
    public void ClipGradients_GlobalNorm_IsScaledDownOnlyWhenAbove(double limit)
    {
        using var optimizer = new AdamW(model, model.Shapes, TestModels.Hyperparameters(maxGradNorm: limit), null);
        var before = model.Shapes.ToDictionary(shape => shape.Name, shape => Gradient(shape, 1));
        foreach (var shape in model.Shapes)
        {
            SetGradient(shape, before[shape.Name]);
        }

        var expected = Math.Sqrt(before.Values.Sum(values => values.Sum(value => (double)value * value)));
        Assert.Equal(1, optimizer.ClipGradients() / expected, 1e-6);
        var scale = limit > 0 && expected > limit ? limit / expected : 1;
        foreach (var shape in model.Shapes)
        {
            var actual = Values(model[shape.Name].grad!);
            for (var i = 0; i < actual.Length; i++)
            {
                Assert.Equal(before[shape.Name][i] * scale, actual[i], 1e-6);
            }
        }
    }

    private static float[] Gradient(WeightShape shape, int step) =>
        [.. Enumerable.Range(0, (int)shape.Count).Select(i => MathF.Sin((i * 0.7f) + step + shape.Name.Length) * (1 + (i % 3)))];

    private void SetGradient(WeightShape shape, float[] values) => model[shape.Name].grad = tensor(values, [.. shape.Shape]);

    private static double[] Values(Tensor tensor)
    {
        using var detached = tensor.detach();
        return [.. detached.data<float>().Select(value => (double)value)];
    }
}
