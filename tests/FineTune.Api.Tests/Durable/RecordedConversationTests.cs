using FineTune.Api.Tests.Support;
using FineTune.Testing.Durable.Http;

namespace FineTune.Api.Tests.Durable;

/// <summary>
/// The embedded engine's management API answers what the real host answered: codes, headers, bodies with their order and wording, history
/// event by event. Recorded by running these tests with <c>FINETUNE_CONTRACT_BASE_URL</c> naming the real host and
/// <c>FINETUNE_RECORD_MANAGEMENT</c> the folder of the recordings.
/// </summary>
public sealed class RecordedConversationTests(ManagedHost host) : IClassFixture<ManagedHost>
{
    private const string RecordVariable = "FINETUNE_RECORD_MANAGEMENT";

    public static TheoryData<string> All { get; } = [.. Conversations.All.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Answers_EqualTheRecordedOnes(string conversation)
    {
        var talk = new Conversation(host.Client);

        await Conversations.All[conversation](talk);

        if (Environment.GetEnvironmentVariable(RecordVariable) is { Length: > 0 } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, conversation + ".json"), talk.Text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await Recording.TextAsync(conversation), talk.Text);
    }
}
