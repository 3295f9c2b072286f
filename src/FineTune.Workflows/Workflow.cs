using FineTune.Core.Artifacts;
using FineTune.Core.Datasets;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Workflows.Datasets;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Evaluation;
using FineTune.Workflows.Models;
using FineTune.Workflows.Regions;
using FineTune.Workflows.Registry;
using FineTune.Workflows.Runs;
using FineTune.Workflows.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FineTune.Workflows;

/// <summary>The workflow's orchestrators, activities and services, for whichever host runs them.</summary>
public static class Workflow
{
    /// <summary>Version given to new instances; a change of the orchestrators that old histories cannot replay raises it.</summary>
    public const string Version = "1.0";

    /// <summary>Name of the durable task hub, in links to instances; as <c>host.json</c> has it.</summary>
    public const string TaskHub = "FineTuneHub";

    public static DurableTaskRegistry CreateRegistry() => new DurableTaskRegistry()
        .AddOrchestrator<RunSpec, RunState>(TrainRun.Name, TrainRun.RunAsync)
        .AddOrchestrator<RefusedRunInput, RunState>(RefusedRun.Name, RefusedRun.RunAsync)
        .AddOrchestrator<TrainEpochInput, EpochResult>(TrainEpoch.Name, TrainEpoch.RunAsync)
        .AddActivity<RunSpec, Outcome<string>>(nameof(CheckRegion), (services, input) => Get<CheckRegion>(services).RunAsync(input))
        .AddActivity<RunSpec, Outcome<ResolvedModel>>(nameof(ResolveModel), (services, input) => Get<ResolveModel>(services).RunAsync(input))
        .AddActivity<RunSpec, Outcome<ValidatedData>>(nameof(ValidateData), (services, input) => Get<ValidateData>(services).RunAsync(input))
        .AddActivity<PlanTokensInput, Outcome<TokensPlan>>(nameof(PlanTokens), (services, input) => Get<PlanTokens>(services).RunAsync(input))
        .AddActivity<TokenizeBlockInput, Outcome<TokenizedBlock>>(nameof(TokenizeBlock), (services, input) => Get<TokenizeBlock>(services).RunAsync(input))
        .AddActivity<SealTokensInput, Outcome<TokenizedData>>(nameof(SealTokens), (services, input) => Get<SealTokens>(services).RunAsync(input))
        .AddActivity<PrepareRestartInput, Outcome<TrainingStart>>(nameof(PrepareRestart), (services, input) => Get<PrepareRestart>(services).RunAsync(input))
        .AddActivity<EpochJob, object?>(nameof(EnqueueEpoch), (services, input) => Get<EnqueueEpoch>(services).RunAsync(input))
        .AddActivity<EpochCheck, EpochProgress>(nameof(ReadEpochProgress), (services, input) => Get<ReadEpochProgress>(services).RunAsync(input))
        .AddActivity<EpochResult, Outcome<CheckpointRecord>>(nameof(RecordCheckpoint), (services, input) => Get<RecordCheckpoint>(services).RunAsync(input))
        .AddActivity<EvaluateInput, Outcome<EvaluationSummary>>(nameof(Evaluate), (services, input) => Get<Evaluate>(services).RunAsync(input))
        .AddActivity<RegisterInput, Outcome<RegisteredVersion>>(nameof(Register), (services, input) => Get<Register>(services).RunAsync(input))
        .AddActivity<RecordEventInput, object?>(nameof(RecordEvent), (services, input) => Get<RecordEvent>(services).RunAsync(input));

    /// <summary>Adds everything but the adapters: the host adds storage, a <see cref="DurableTaskClient"/> and text generation.</summary>
    public static IServiceCollection AddFineTuneWorkflows(this IServiceCollection services, WorkflowOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(options)
            .AddSingleton(ModelCatalogue.Default)
            .AddSingleton<ArtifactStore>()
            .AddSingleton<ModelRegistry>()
            .AddSingleton<BaseModels>()
            .AddSingleton<ModelLocator>()
            .AddSingleton<RunRequestReader>()
            .AddSingleton<RunViewReader>()
            .AddSingleton<RunService>()
            .AddSingleton<UploadHandler>()
            .AddSingleton<IDataStore, BlobDataStore>()
            .AddSingleton<DataStores>()
            .AddSingleton<DatasetLocator>()
            .AddSingleton<TokenSets>()
            .AddSingleton<RunTokenizers>()
            .AddSingleton<IEpochDispatcher, QueueEpochDispatcher>()
            .AddSingleton<CheckRegion>()
            .AddSingleton<ResolveModel>()
            .AddSingleton<DatasetChecks>()
            .AddSingleton<ValidateData>()
            .AddSingleton<PlanTokens>()
            .AddSingleton<TokenizeBlock>()
            .AddSingleton<SealTokens>()
            .AddSingleton<PrepareRestart>()
            .AddSingleton<EnqueueEpoch>()
            .AddSingleton<ReadEpochProgress>()
            .AddSingleton<RecordCheckpoint>()
            .AddSingleton<MemorizationCheck>()
            .AddSingleton<Evaluate>()
            .AddSingleton<Register>()
            .AddSingleton<RecordEvent>();
    }

    private static T Get<T>(IServiceProvider services)
        where T : class => services.GetRequiredService<T>();
}
