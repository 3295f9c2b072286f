using System.Globalization;
using FineTune.Benchmarks;

const string Usage = """
    FineTune.Benchmarks train | train-autograd
        [--dim N --layers N --heads N --kv-heads N --ffn N --vocab N --tied]   the model; defaults: finetune/tiny-llama, untied
        [--context N --batch N --steps N --shortest N --labelled PERCENT]      the work
        [--repeat]                                                             the same tokens in every step
        [--threads N --json]
        [--engine cpu|autograd --precision fp32|bf16|bf16int8 --checkpoint-layers]           train only: the engine
        [--device cpu|cuda|cuda:0,1|cpu:0,1 --micro-batches N]                               train only: devices that share the layers
    Trains random weights on random tokens and prints one JSON object. train-autograd is plain TorchSharp.

    FineTune.Benchmarks plan
        [the model] [--context N --batch N --steps N --precision P --checkpoint-layers --clip]
    Memory and time of a step as the planner predicts them before the model is loaded, and as they are; --steps 0 predicts only.

    FineTune.Benchmarks generate
        [the model] [--context N] [--engine cpu|torch]
    Greedy decoding behind a prompt of a quarter of the context, against the speed of memory measured in between.

    FineTune.Benchmarks validate FILE [--tokenizer DIR] [--json] | validate --generate MEGABYTES FILE
    Validates a .jsonl file, with a tokenizer also counting tokens, or writes one to validate.

    FineTune.Benchmarks checkpoint
        [the model] [--context N --batch N --steps N --rounds N]
    A checkpoint streamed to the temporary folder's disk against a plain writer; from a copy while training goes on unless --steps is 0.

    FineTune.Benchmarks resume
        [the model] [the work]
    Stops after every step, goes on, and compares the ends bit for bit; exit code 1 when one differs.

    FineTune.Benchmarks tokenize FILE --tokenizer DIR [--peer DIR] [--json]
    Encodes the file's lines on all cores and prints one JSON object; with the folder of an npm project that has @anush008/tokenizers,
    that peer's throughput too, measured in turns.

    FineTune.Benchmarks packing FILE --tokenizer DIR [--template FAMILY] [--json]
    Packs the conversations of a file into contexts of the usual lengths, and a million sequences of their lengths; prints what is wasted.

    FineTune.Benchmarks precision --text FILE
        [the model] [--context N --batch N --steps N --rounds N]
    Trains on a text in every precision and prints the losses on what was held out, each round from other weights.

    FineTune.Benchmarks durable
    Starts runs among 10,000 finished ones, replays a history of 1,000 events, and prints one JSON object.

    FineTune.Benchmarks queued-runs [N]
    Queues N runs (default 1000), lets a stub trainer do them, and prints times and memory as one JSON object.

    FineTune.Benchmarks eta HOST RUN
    Follows a run on a host that is up, e.g. http://localhost:7071, and prints how right its estimates of the time remaining were.
    """;

if (args.FirstOrDefault() == "durable")
{
    Console.WriteLine(await DurableBenchmark.RunAsync(finished: 10_000, starts: 1000, events: 1000));
    return 0;
}

if (args.FirstOrDefault() == "queued-runs")
{
    Console.WriteLine(await QueuedRunsBenchmark.RunAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1000));
    return 0;
}

switch (args)
{
    case ["eta", var host, var run]:
        Console.WriteLine(await EtaBenchmark.RunAsync(new Uri(host), run));
        return 0;
    case ["tokenize", var text, "--tokenizer", var tokenizer, .. var options]:
        Console.WriteLine(TokenizeBenchmark.Run(text, tokenizer, options is ["--peer", var peer, ..] ? peer : null));
        return 0;
    case ["packing", var chats, "--tokenizer", var tokenizer, .. var options]:
        Console.WriteLine(await PackingBenchmark.RunAsync(chats, tokenizer, options is ["--template", var family, ..] ? family : "llama3.1"));
        return 0;
    case ["validate", "--generate", var megabytes, var file]:
        ValidateBenchmark.Generate(file, int.Parse(megabytes, CultureInfo.InvariantCulture));
        return 0;
    case ["validate", var file, .. var rest] when rest is [] or ["--json"] or ["--tokenizer", _] or ["--tokenizer", _, "--json"]:
        Console.WriteLine(await ValidateBenchmark.RunAsync(file, rest is ["--tokenizer", var folder, ..] ? folder : null));
        return 0;
}

if (args is ["precision", "--text", var trained, ..])
{
    Console.WriteLine(PrecisionBenchmark.Run(new BenchmarkShape(args[1..]), trained));
    return 0;
}

if (args.Length > 0 && new BenchmarkShape(args[1..]) is { Precision: "fp32" or "bf16" or "bf16int8" } shape)
{
    switch (args[0])
    {
        case "train":
            Console.WriteLine(TrainingBenchmark.Run(shape));
            return 0;
        case "plan":
            Console.WriteLine(PlanBenchmark.Run(shape));
            return 0;
        case "checkpoint":
            Console.WriteLine(CheckpointBenchmark.Run(shape));
            return 0;
        case "resume":
            var (json, identical) = ResumeBenchmark.Run(shape);
            Console.WriteLine(json);
            return identical ? 0 : 1;
        case "generate":
            Console.WriteLine(GenerationBenchmark.Run(shape));
            return 0;
        case "train-autograd":
            Console.WriteLine(TrainingBenchmark.RunPlain(shape));
            return 0;
    }
}

await Console.Error.WriteLineAsync(Usage);
return 2;
