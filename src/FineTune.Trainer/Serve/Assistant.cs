using FineTune.Core.Faults;
using FineTune.Core.Generation;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;
using FineTune.Training.Generation;
using ChatMessage = FineTune.Core.Generation.ChatMessage;
using Turn = FineTune.Data.Datasets.ChatMessage;

namespace FineTune.Trainer.Serve;

/// <summary>A model and its tokenizer: text in, text out.</summary>
/// <param name="folder">The model's Hugging Face folder.</param>
/// <param name="today">For chat templates that state a date.</param>
public sealed class Assistant(ITokenDecoder decoder, string folder, DateOnly today)
{
    private readonly Tokenizer tokenizer = Tokenizer.Load(folder);
    private readonly TextGenerator generator = new(decoder);

    /// <summary>Continues plain text.</summary>
    public Completion Continue(string prompt, SamplingOptions sampling) =>
        Generate(new ExampleEncoder(tokenizer, null, decoder.ContextLength).EncodePrompt(prompt), sampling);

    /// <summary>Answers a conversation in the model's own chat format.</summary>
    public Completion Answer(IReadOnlyList<ChatMessage> messages, SamplingOptions sampling)
    {
        var encoder = new ExampleEncoder(tokenizer, ChatTemplate.For(tokenizer, today), decoder.ContextLength);
        return Generate(encoder.EncodePrompt([.. messages.Select(Read)]), sampling);
    }

    private Completion Generate(int[] prompt, SamplingOptions sampling)
    {
        var options = new GenerationOptions(
            sampling.MaxTokens, sampling.Temperature, sampling.TopK, sampling.TopP, sampling.Seed, tokenizer.EosIds);
        var result = generator.Generate(prompt, options);
        return new Completion(
            tokenizer.Decode(result.Tokens), result.Tokens.Count, result.Reason == StopReason.Stop ? "stop" : "length");
    }

    private static Turn Read(ChatMessage message) => Enum.TryParse<ChatRole>(message.Role, ignoreCase: true, out var role)
        ? new Turn(role, message.Content)
        : throw new FaultException(Fault.Caller(
            "generate", "unknown_role", $"Role '{message.Role}' is not one of system, developer, user, assistant, tool.", "messages"));
}
