using FineTune.Core.Models;
using FineTune.Core.Regions;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Workflows.Tests.Runs;

public sealed class RunRequestReaderTests
{
    private static readonly RunRequest Valid = new("meta-llama/Llama-3.2-1B-Instruct", "az://datasets/a.jsonl", "main.demo", AcceptLicense: true);

    [Fact]
    public void Read_OnlyTheRequiredFields_TakesTheOriginsDefaults()
    {
        var (spec, faults) = Read(Valid);
        Assert.Empty(faults);
        Assert.Equal(TaskType.ChatCompletion, spec!.TaskType);
        Assert.Equal(new TrainingDuration(1, DurationUnit.Epochs), spec.TrainingDuration);
        Assert.Equal("main.demo.run-1", spec.RegisterTo.ToString());
        Assert.True(spec.ValidateInputs);
        Assert.Equal("request", spec.License.AcceptedBy);
        Assert.Contains("llama3_2", spec.License.Link, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_EverythingWrong_ReportsEverythingAtOnce()
    {
        var (spec, faults) = Read(new RunRequest(
            "no/such", null, "main", TrainingDuration: "soon", LearningRate: -1, ContextLength: 1, Hyperparameters: new(BatchSize: 0, Beta1: 2)));
        Assert.Null(spec);
        Assert.Equal(
            [
                "context_length", "hyperparameters.batch_size", "hyperparameters.beta1", "learning_rate", "model", "register_to",
                "train_data_path", "training_duration",
            ],
            faults.Select(fault => fault.Field).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("meta-llama/Meta-Llama-3-8B-Instruct", "meta-llama/Meta-Llama-3.1-8B-Instruct")]
    [InlineData("meta-llama/Llama-2-70b-chat-hf", "meta-llama/Meta-Llama-3.1-70B-Instruct")]
    [InlineData("codellama/CodeLlama-7b-hf", "meta-llama/Meta-Llama-3.1-8B")]
    public void Read_RetiredModel_NamesItsReplacement(string model, string replacement)
    {
        var fault = Assert.Single(Read(Valid with { Model = model }).Faults);
        Assert.Equal("model_retired", fault.Code);
        Assert.Contains($"Use '{replacement}' instead", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ModelToBeRetired_WarnsAndNamesTheReplacement()
    {
        var (spec, _) = Read(Valid with { Model = "mistralai/Mistral-7B-v0.1" });
        Assert.Contains(spec!.Warnings, warning => warning.Contains("meta-llama/Meta-Llama-3.1-8B", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(2e-5, false)]
    [InlineData(1e-3, true)]
    [InlineData(1e-7, true)]
    public void Read_LearningRateTenTimesOff_Warns(double? rate, bool warns)
    {
        var (spec, _) = Read(Valid with { LearningRate = rate });
        Assert.Equal(warns, spec!.Warnings.Any(warning => warning.Contains("usual for full-parameter training of 1235.8 million weights", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("10000ep", null, null)]
    [InlineData("10001ep", null, "training_duration")]
    [InlineData("1ep", "model.layers.{0..7}.*", null)]
    [InlineData("1ep", "model.layers.{7..0}.*", "hyperparameters.freeze")]
    [InlineData("1ep", "model layers", "hyperparameters.freeze")]
    public void Read_DurationOrPatternOutOfBounds_IsRefused(string duration, string? pattern, string? field)
    {
        var (_, faults) = Read(Valid with { TrainingDuration = duration, Hyperparameters = new(Freeze: pattern is null ? null : [pattern]) });
        Assert.Equal(field, faults.SingleOrDefault()?.Field);
    }

    [Fact]
    public void Read_LicenseNotAccepted_SaysWhereItStandsAndHowToAccept()
    {
        var fault = Assert.Single(Read(Valid with { AcceptLicense = false }).Faults);
        Assert.Equal(("license_not_accepted", "accept_license"), (fault.Code, fault.Field));
        Assert.Contains("https://", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LicenseAcceptedInConfiguration_IsRecordedAsSuch()
    {
        var options = new WorkflowOptions { AcceptedLicenses = ["LLAMA 3.2 Community License"] };
        var (spec, _) = Read(Valid with { AcceptLicense = false }, options);
        Assert.Equal("configuration", spec!.License.AcceptedBy);
    }

    [Fact]
    public void Read_ContextAboveTheModelsMaximum_IsRefused()
    {
        var fault = Assert.Single(Read(Valid with { ContextLength = 131073 }).Faults);
        Assert.Contains("131072", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DataPrepCluster_IsAcceptedWithAWarning()
    {
        var (spec, _) = Read(Valid with { DataPrepClusterId = "0101-abc" });
        Assert.Contains(spec!.Warnings, warning => warning.StartsWith("data_prep_cluster_id", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_NoSeed_ChoosesOneByTheRunsId()
    {
        Assert.Equal(Read(Valid).Spec!.Seed, Read(Valid).Spec!.Seed);
        Assert.NotEqual(Read(Valid).Spec!.Seed, Read(Valid, id: "run-2").Spec!.Seed);
    }

    [Fact]
    public void Read_DataMayNotGoToTheTrainers_IsRefusedWithTheChoices()
    {
        var options = new WorkflowOptions { Placement = new("eastus2", "westus3") };
        var fault = Assert.Single(Read(Valid, options).Faults);
        Assert.Equal("data_residency_not_allowed", fault.Code);
        Assert.Contains("FINETUNE_DATA_RESIDENCY", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DataMayGoToTheTrainers_StatesItOnTheRun()
    {
        var options = new WorkflowOptions { Placement = new("eastus2", "westus3", Residency: ["United States"]) };
        Assert.Equal(new DataResidency("eastus2", "westus3", "United States"), Read(Valid, options).Spec!.Residency);
    }

    [Fact]
    public void Read_ModelForSeveralGpus_GoesToTheirQueue()
    {
        var large = Valid with { Model = "meta-llama/Meta-Llama-3.1-70B" };
        Assert.Equal("dispatcher_required", Assert.Single(Read(large).Faults).Code);
        var options = new WorkflowOptions { MultiGpuQueue = "train-epoch-aks" };
        Assert.Equal("train-epoch-aks", Read(large, options).Spec!.Dispatch.Queue);
        Assert.Null(Read(Valid, options).Spec!.Dispatch.Queue);
    }

    private static (RunSpec? Spec, IReadOnlyList<Core.Faults.Fault> Faults) Read(RunRequest request, WorkflowOptions? options = null, string id = "run-1") =>
        new RunRequestReader(ModelCatalogue.Default, options ?? new WorkflowOptions(), TimeProvider.System).Read(request, id);
}
