using FineTune.Core.Runs;

namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>Chooses the <see cref="UpdateKernel{TRule,TWeights,TFirst,TSecond}"/> for a rule and the forms of what it works on.</summary>
internal static unsafe class OptimizerUpdate
{
    /// <param name="squares">See <see cref="UpdateKernel{TRule,TWeights,TFirst,TSecond}"/>.</param>
    public static void Run(int threads, OptimizerKind kind, AdamWSettings settings, OptimizerRange range, double* squares)
    {
        var values = new Values(threads, range, squares);
        if (kind == OptimizerKind.Lion)
        {
            values.Run(new LionRule(settings));
        }
        else
        {
            values.Run(new AdamWRule(settings));
        }
    }

    private readonly struct Values(int threads, OptimizerRange range, double* squares)
    {
        private const int Grain = 32;

        public void Run<TRule>(TRule rule)
            where TRule : unmanaged, IUpdateRule
        {
            var weights = range.Weights;
            if (weights.Form == ValueForm.BFloat)
            {
                RunFirst(rule, new BFloatStore((ushort*)weights.Data, NoiseOf(weights)));
            }
            else
            {
                RunFirst(rule, new SingleStore((float*)weights.Data));
            }
        }

        private void RunFirst<TRule, TWeights>(TRule rule, TWeights stored)
            where TRule : unmanaged, IUpdateRule
            where TWeights : unmanaged, IValueStore
        {
            var first = range.First;
            switch (first.Form)
            {
                case ValueForm.BFloat:
                    RunSecond(rule, stored, new BFloatStore((ushort*)first.Data, NoiseOf(first)));
                    break;
                case ValueForm.Codes:
                    RunSecond(rule, stored, new QuarticStore<Signed>((byte*)first.Data, first.Scales, NoiseOf(first)));
                    break;
                default:
                    RunSecond(rule, stored, new SingleStore((float*)first.Data));
                    break;
            }
        }

        private void RunSecond<TRule, TWeights, TFirst>(TRule rule, TWeights stored, TFirst mean)
            where TRule : unmanaged, IUpdateRule
            where TWeights : unmanaged, IValueStore
            where TFirst : unmanaged, IValueStore
        {
            var second = range.Second;
            switch (second.Form)
            {
                case ValueForm.None:
                    Run(rule, stored, mean, default(NoStore));
                    break;
                case ValueForm.BFloat:
                    Run(rule, stored, mean, new BFloatStore((ushort*)second.Data, NoiseOf(second)));
                    break;
                case ValueForm.Codes:
                    Run(rule, stored, mean, new QuarticStore<Unsigned>((byte*)second.Data, second.Scales, NoiseOf(second)));
                    break;
                default:
                    Run(rule, stored, mean, new SingleStore((float*)second.Data));
                    break;
            }
        }

        private void Run<TRule, TWeights, TFirst, TSecond>(TRule rule, TWeights stored, TFirst mean, TSecond square)
            where TRule : unmanaged, IUpdateRule
            where TWeights : unmanaged, IValueStore
            where TFirst : unmanaged, IValueStore
            where TSecond : unmanaged, IValueStore =>
            NativeThreads.For(
                threads,
                (range.Count + StoredValues.Block - 1) / StoredValues.Block,
                Grain,
                new UpdateKernel<TRule, TWeights, TFirst, TSecond>(rule, stored, mean, square, range.Gradients, range.Count, squares));

        private static Noise NoiseOf(StoredValues values) => new(values.Seed, values.First);
    }
}
