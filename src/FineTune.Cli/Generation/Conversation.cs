using FineTune.Api.Generation;
using FineTune.Core.Generation;

namespace FineTune.Cli.Generation;

/// <summary>What has been said, when <paramref name="remembers"/>; otherwise every question stands alone, without a template.</summary>
public sealed class Conversation(string? system, bool remembers)
{
    private readonly List<ChatMessage> messages = system is null ? [] : [new ChatMessage("system", system)];

    public GenerateRequest Ask(GenerateRequest request, string text)
    {
        if (!remembers)
        {
            return request with { Prompt = text };
        }

        messages.Add(new ChatMessage("user", text));
        return request with { Messages = [.. messages] };
    }

    public void Answered(string text) => messages.Add(new ChatMessage("assistant", text));
}
