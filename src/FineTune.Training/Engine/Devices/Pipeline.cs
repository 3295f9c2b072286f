using System.Runtime.ExceptionServices;

namespace FineTune.Training.Engine;

/// <summary>
/// Micro-batches on their way through stages on several devices, each stage on a thread of its own. A stage takes as many forward as there
/// are stages behind it, then in turns one more forward and one back, so that it keeps the activations of few (Narayanan et al.,
/// "PipeDream", SOSP 2019: 1F1B; here weights change behind all of them). Each stage does its work in an order that never changes, so
/// gradients are added up as on one device.
/// </summary>
internal sealed class Pipeline(IReadOnlyList<DeviceStage> stages)
{
    private readonly object gate = new();
    private readonly Progress[] progress = [.. stages.Select(_ => new Progress())];
    private Exception? failure;
    private bool stopped;

    /// <summary>Micro-batches whose activations stage <paramref name="stage"/> of <paramref name="count"/> keeps at once.</summary>
    public static int InFlight(int stage, int count) => count - stage;

    /// <summary>Takes all micro-batches forward and back; stops in between when a loss is not finite.</summary>
    public void Run(IReadOnlyList<PackedBatch> batches, float scale)
    {
        (failure, stopped) = (null, false);
        foreach (var one in progress)
        {
            (one.Forward, one.Backward, one.Taken) = (0, 0, 0);
        }

        var others = new Thread[stages.Count - 1];
        for (var i = 1; i < stages.Count; i++)
        {
            var stage = i;
            others[i - 1] = new Thread(() => Work(stage, batches, scale)) { IsBackground = true, Name = $"stage {stage}" };
            others[i - 1].Start();
        }

        Work(0, batches, scale);
        Array.ForEach(others, thread => thread.Join());
        if (failure is { } thrown)
        {
            ExceptionDispatchInfo.Throw(thrown);
        }
    }

    private void Work(int stage, IReadOnlyList<PackedBatch> batches, float scale)
    {
        try
        {
            var ahead = Math.Min(InFlight(stage, stages.Count) - 1, batches.Count);
            var forward = 0;
            for (var back = 0; back < batches.Count; back++)
            {
                for (; forward < batches.Count && forward <= back + ahead; forward++)
                {
                    if (!Forward(stage, forward, batches[forward], scale))
                    {
                        return;
                    }
                }

                if (!Backward(stage, back, batches[back]))
                {
                    return;
                }
            }
        }
        catch (Exception thrown)
        {
            Stop(thrown);
        }
    }

    private bool Forward(int stage, int number, PackedBatch batch, float scale)
    {
        var before = stage > 0 ? stage - 1 : -1;

        // Its slot is free when the stage before has what the micro-batch that had it before left behind.
        if (before >= 0 && !Wait(() => progress[before].Forward > number && progress[before].Taken > number - stages[stage].InFlight))
        {
            return false;
        }

        stages[stage].Forward(number, batch, before >= 0 ? stages[before] : null);
        if (stage == stages.Count - 1 && !stages[stage].Head(number, batch, scale))
        {
            Stop(null);
            return false;
        }

        Signal(() => progress[stage].Forward = number + 1);
        return true;
    }

    private bool Backward(int stage, int number, PackedBatch batch)
    {
        if (stage < stages.Count - 1)
        {
            if (!Wait(() => progress[stage + 1].Backward > number))
            {
                return false;
            }

            stages[stage].TakeGradient(number, stages[stage + 1]);
            Signal(() => progress[stage].Taken = number + 1);
        }

        stages[stage].Backward(number, batch);
        Signal(() => progress[stage].Backward = number + 1);
        return true;
    }

    /// <summary>False when the step is over.</summary>
    private bool Wait(Func<bool> condition)
    {
        lock (gate)
        {
            while (!stopped && !condition())
            {
                Monitor.Wait(gate);
            }

            return !stopped;
        }
    }

    private void Signal(Action change)
    {
        lock (gate)
        {
            change();
            Monitor.PulseAll(gate);
        }
    }

    private void Stop(Exception? because) => Signal(() =>
    {
        failure ??= because;
        stopped = true;
    });

    /// <summary>Micro-batches that a stage has done.</summary>
    private sealed class Progress
    {
        public int Forward { get; set; }

        public int Backward { get; set; }

        /// <summary>Whose gradients it has from the stage behind.</summary>
        public int Taken { get; set; }
    }
}
