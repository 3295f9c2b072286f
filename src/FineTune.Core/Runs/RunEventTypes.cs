namespace FineTune.Core.Runs;

/// <summary>The origin product's event types.</summary>
public static class RunEventTypes
{
    public const string Created = "CREATED";
    public const string Started = "STARTED";
    public const string Warning = "WARNING";
    public const string DataValidated = "DATA_VALIDATED";
    public const string DataTokenized = "DATA_TOKENIZED";
    public const string EpochQueued = "EPOCH_QUEUED";
    public const string ModelInitialized = "MODEL_INITIALIZED";
    public const string TrainUpdated = "TRAIN_UPDATED";
    public const string CheckpointSaved = "CHECKPOINT_SAVED";
    public const string TrainFinished = "TRAIN_FINISHED";
    public const string Evaluated = "EVALUATED";
    public const string ModelRegistered = "MODEL_REGISTERED";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";
    public const string Canceled = "CANCELED";

    public static bool IsTerminal(string type) => type is Completed or Failed or Canceled;
}
