namespace FineTune.Workflows.Evaluation;

/// <summary>
/// The advice of Databricks Foundation Model Fine-tuning for models that got worse on tasks outside of their training data, or that
/// output exact copies of it.
/// </summary>
internal static class TrainingAdvice
{
    public const string FewerEpochs = "Reduce the number of training epochs (training_duration).";
}
