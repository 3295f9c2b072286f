using FineTune.Benchmarks;

if (args.FirstOrDefault() == "durable")
{
    Console.WriteLine(await DurableBenchmark.RunAsync(finished: 10_000, starts: 1000, events: 1000));
    return 0;
}

if (args.FirstOrDefault() != "train-autograd")
{
    await Console.Error.WriteLineAsync(
        """
        FineTune.Benchmarks train-autograd [--dim N --layers N --heads N --kv-heads N --ffn N --vocab N --context N --batch N --steps N --untied]
            Trains random weights on random tokens and prints one JSON object.
        FineTune.Benchmarks durable
            Starts runs among 10,000 finished ones, replays a history of 1,000 events, and prints one JSON object.
        """);
    return 2;
}

Console.WriteLine(TrainingBenchmark.Run(new BenchmarkShape(args[1..])));
return 0;
