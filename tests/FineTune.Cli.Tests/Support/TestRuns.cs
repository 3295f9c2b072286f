using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Tests.Support;

public static class TestRuns
{
    public static RunView Create(RunStatus status, string phase = "train_epoch", long step = 0, string id = "run-1") => new(
        id,
        "demo",
        status,
        phase,
        null,
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        new DateTimeOffset(2026, 1, 2, 3, 5, 5, TimeSpan.Zero),
        null,
        "finetune/tiny-llama",
        "main.demo.ner",
        null,
        TaskType.InstructionFinetune,
        "az://datasets/train.jsonl",
        null,
        [],
        null,
        "1ep",
        null,
        null,
        null,
        7,
        new HyperparametersRequest(),
        new LicenseRecord("MIT", "https://example.org/licence", null, "not_required"),
        new RunProgress(step > 0 ? 1 : 0, 2, step, 400, step > 0 ? 0.12344 : null, 9120.4, 72, null),
        null,
        null,
        []);

    public static RunView Completed(string registered = "main.demo.ner", string id = "run-1") =>
        Create(RunStatus.Completed, "register", 400, id) with
        {
            Registered = new RegisteredVersion(registered, 1),
            Metrics = new EpochMetrics(1, 400, 0.02, 0.03, 1.03, 0.99, 6.91, 1000, 10),
        };

    public static RunView Failed() => Create(RunStatus.Failed, "validate_data") with
    {
        Details = "Record 3 has no 'response'.",
        Fault = Fault.Caller("validate_data", "field_missing", "Record 3 has no 'response'.") with { File = "train.jsonl", Line = 3 },
    };
}
