using FineTune.Core.Runs;

namespace FineTune.Data.Datasets;

/// <summary>Task types as requests spell them.</summary>
internal static class TaskTypeNames
{
    public static string Of(TaskType taskType) => taskType switch
    {
        TaskType.ChatCompletion => "CHAT_COMPLETION",
        TaskType.InstructionFinetune => "INSTRUCTION_FINETUNE",
        _ => "CONTINUED_PRETRAIN",
    };
}
