using System.CommandLine;
using FineTune.Api.Generation;

namespace FineTune.Cli.Generation;

/// <summary>How answers are sampled, as options; greedy unless a temperature is given.</summary>
public sealed class SamplingSettings
{
    private readonly Option<int> maxTokens = new("--max-tokens") { HelpName = "N", DefaultValueFactory = _ => 128, Description = "Most new tokens." };

    private readonly Option<double> temperature = new("--temperature") { HelpName = "X", Description = "0 is greedy." };

    private readonly Option<int> topK = new("--top-k") { HelpName = "N", Description = "0 keeps all." };

    private readonly Option<double> topP = new("--top-p") { HelpName = "X", DefaultValueFactory = _ => 1, Description = "1 keeps all." };

    private readonly Option<int> seed = new("--seed") { HelpName = "N", Description = "Same seed, same text." };

    public IEnumerable<Option> All => [maxTokens, temperature, topK, topP, seed];

    public GenerateRequest Read(Invocation call, string model) => new(
        model,
        MaxTokens: call.Get(maxTokens),
        Temperature: call.Get(temperature),
        TopK: call.Get(topK),
        TopP: call.Get(topP),
        Seed: call.Get(seed));
}
