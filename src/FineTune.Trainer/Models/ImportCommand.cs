using FineTune.Core.Registry;
using FineTune.Data.Tokenizers;
using FineTune.Storage;
using FineTune.Training.Models;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Trainer.Models;

/// <summary><c>import</c>: checks a Hugging Face folder and makes it a base model.</summary>
public static class ImportCommand
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var name = arguments.Required("--as");
        var folder = arguments.Positional("The model's folder");
        arguments.RequireEmpty();
        await using var services = TrainerServices.Create();
        await PublishAsync(services, folder, name);
        return 0;
    }

    /// <summary>Checks the folder and publishes it under <paramref name="name"/>.</summary>
    public static async Task PublishAsync(ServiceProvider services, string folder, string name)
    {
        long parameters;
        using (var model = ModelFolder.Open(folder))
        {
            parameters = model.Config.Parameters;
        }

        var tokenizer = Tokenizer.Load(folder);
        await services.GetRequiredService<StorageProvisioner>().EnsureAsync();
        await services.GetRequiredService<BaseModels>().PublishAsync(folder, name);
        await Console.Out.WriteLineAsync($"Imported {name}: {parameters:N0} parameters, {tokenizer.VocabularySize:N0} tokens in its vocabulary.");
    }
}
