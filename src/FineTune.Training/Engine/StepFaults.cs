using FineTune.Core.Faults;
using FineTune.Core.Training;

namespace FineTune.Training.Engine;

/// <summary>What a step can refuse; the same for every engine.</summary>
internal static class StepFaults
{
    public static FaultException NoTrainedTokens(long step) => new(Fault.Caller(
        "train", "no_trained_tokens", $"Step {step}: no token of the batch carries loss. Check the data's responses."));

    public static FaultException NotFinite(long step, double loss, double norm) => new(Fault.Caller(
        "train",
        "loss_not_finite",
        $"Step {step}: the loss is {loss} and the gradient's norm {norm}. Lower the learning rate or check the data."));

    /// <summary>Native code would read past its tables or abort.</summary>
    public static void CheckRange(MicroBatch batch, int vocabSize)
    {
        foreach (var id in batch.Inputs)
        {
            Check(id, vocabSize);
        }

        foreach (var label in batch.Labels)
        {
            if (label != MicroBatch.Ignored)
            {
                Check(label, vocabSize);
            }
        }
    }

    private static void Check(int id, int vocabSize)
    {
        if (id < 0 || id >= vocabSize)
        {
            throw new FaultException(Fault.Caller(
                "train", "token_out_of_range", $"Token id {id} is outside the model's vocabulary of {vocabSize}. Use the model's own tokenizer."));
        }
    }
}
