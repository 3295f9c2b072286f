using FineTune.Core.Json;
using FineTune.Core.Models;
using FineTune.Core.Runs;

namespace FineTune.Core.Tests.Json;

public sealed class WireJsonTests
{
    [Fact]
    public void Serialize_EnumsWithACaseOfTheirOwn_KeepIt()
    {
        Assert.Equal("\"COMPLETED\"", WireJson.Serialize(RunStatus.Completed));
        Assert.Equal("\"INSTRUCTION_FINETUNE\"", WireJson.Serialize<TaskType?>(TaskType.InstructionFinetune));
    }

    [Fact]
    public void Serialize_OtherEnums_AreLowerSnakeCase() => Assert.Equal("\"to_be_retired\"", WireJson.Serialize(ModelStatus.ToBeRetired));

    [Theory]
    [InlineData("\"CHAT_COMPLETION\"")]
    [InlineData("\"chat_completion\"")]
    public void Deserialize_TaskType_ReadsAnyCase(string json) => Assert.Equal(TaskType.ChatCompletion, WireJson.Deserialize<TaskType>(json));
}
