using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Core.Generation;
using FineTune.Core.Json;
using FineTune.Training.Numerics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FineTune.Trainer.Serve;

/// <summary>
/// <c>serve</c>: generation over HTTP on loopback. <c>POST /generate</c> takes a <see cref="GenerateJob"/> and answers a
/// <see cref="GenerateResult"/>, or 400 with a <see cref="Fault"/>. When ready it prints <c>Serving on URL</c>.
/// </summary>
public static class ServeCommand
{
    /// <summary>What the ready line begins with.</summary>
    public const string ReadyPrefix = "Serving on ";

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var port = arguments.Number("--port", 0);
        arguments.RequireEmpty();
        TorchRuntime.Start();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddEnvironmentVariables();
        builder.Logging.AddTrainerLogging();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        builder.Services.ConfigureHttpJsonOptions(options => WireJson.Configure(options.SerializerOptions));
        builder.Services.AddTrainer(builder.Configuration);
        builder.Services.AddSingleton<LoadedModels>();
        await using var app = builder.Build();
        app.MapPost("/generate", GenerateAsync);
        app.MapGet("/health", () => TypedResults.Ok());
        HostWatch.Start(app.Lifetime.StopApplication);
        await app.StartAsync();
        await Console.Out.WriteLineAsync(ReadyPrefix + app.Urls.First());
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static async Task<IResult> GenerateAsync(GenerateJob job, LoadedModels models, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(await models.GenerateAsync(job, cancellationToken));
        }
        catch (FaultException refused)
        {
            return TypedResults.BadRequest(refused.Fault);
        }
    }
}
