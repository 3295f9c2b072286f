using FineTune.Benchmarks;

if (args.FirstOrDefault() != "train-autograd")
{
    await Console.Error.WriteLineAsync(
        """
        FineTune.Benchmarks train-autograd [--dim N --layers N --heads N --kv-heads N --ffn N --vocab N --context N --batch N --steps N --untied]
            Trains random weights on random tokens and prints one JSON object.
        """);
    return 2;
}

Console.WriteLine(TrainingBenchmark.Run(new BenchmarkShape(args[1..])));
return 0;
