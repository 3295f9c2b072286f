using System.Text.Json.Serialization;
using FineTune.Core.Json;

namespace FineTune.Core.Runs;

/// <summary>What the training data is and how it is formatted for the model.</summary>
[JsonConverter(typeof(UpperSnakeCaseConverter<TaskType>))]
public enum TaskType
{
    /// <summary>Records of <c>messages</c>; the model's chat template is applied; loss on assistant messages.</summary>
    ChatCompletion,

    /// <summary>Records of <c>prompt</c> and <c>response</c>; no template; loss on the response.</summary>
    InstructionFinetune,

    /// <summary>Plain text; loss on every token.</summary>
    ContinuedPretrain,
}
