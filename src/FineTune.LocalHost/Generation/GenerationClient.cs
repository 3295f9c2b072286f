using System.Net;
using System.Net.Http.Json;
using FineTune.Core.Faults;
using FineTune.Core.Generation;
using FineTune.Core.Json;
using FineTune.LocalHost.Hosting;

namespace FineTune.LocalHost.Generation;

/// <summary>Text generation by the trainer's server.</summary>
public sealed class GenerationClient(HttpClient http, TrainerProgram trainer) : ITextGeneration
{
    public async Task<GenerateResult> GenerateAsync(GenerateJob job, CancellationToken cancellationToken = default)
    {
        var address = trainer.ServeAddress ?? throw Unavailable("it is still starting", null);
        try
        {
            using var response = await http.PostAsJsonAsync(new Uri(address, "generate"), job, WireJson.Options, cancellationToken);
            if (response.StatusCode == HttpStatusCode.BadRequest)
            {
                throw new FaultException((await response.Content.ReadFromJsonAsync<Fault>(WireJson.Options, cancellationToken))!);
            }

            response.EnsureSuccessStatusCode();
            return (await response.Content.ReadFromJsonAsync<GenerateResult>(WireJson.Options, cancellationToken))!;
        }
        catch (HttpRequestException failure)
        {
            throw Unavailable(failure.Message, failure);
        }
    }

    private static FaultException Unavailable(string why, Exception? inner) => new(
        Fault.Platform("generate", "generator_unavailable", $"The generation server does not answer: {why}. Try again in a moment."), inner);
}
