using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.Core.Estimates;

/// <summary>A GPU as estimates see it.</summary>
/// <param name="PeakTflops">Dense, in the 16-bit type it trains in.</param>
/// <param name="Utilization">Share of the peak that training reaches.</param>
/// <param name="PricePerHour">Of a virtual machine with one, in US dollars.</param>
public sealed record GpuPrice(string Name, int MemoryGib, double PeakTflops, double Utilization, double PricePerHour)
{
    /// <summary>
    /// The GPUs shipped with the service (<c>gpus.json</c>): prices of NC4as T4 v3, NC24ads A100 v4 and NC40ads H100 v5 by the hour in East US as
    /// they were when it was written. They change: <see cref="Load"/> reads a table of one's own.
    /// </summary>
    public static IReadOnlyList<GpuPrice> Default { get; } = Load();

    /// <summary>The table in the file <paramref name="path"/>, a JSON list in the form of <c>gpus.json</c>; the shipped one when it is null or empty.</summary>
    /// <exception cref="InvalidDataException">The file is no such list.</exception>
    public static IReadOnlyList<GpuPrice> Load(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return Default;
        }

        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<List<GpuPrice>>(stream, WireJson.Options) ?? throw new JsonException("It is null.");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException($"{path} is no table of GPUs: {broken.Message} Write a list like gpus.json's.", broken);
        }
    }

    private static List<GpuPrice> Load()
    {
        using var stream = typeof(GpuPrice).Assembly.GetManifestResourceStream("FineTune.Core.Estimates.gpus.json")!;
        return JsonSerializer.Deserialize<List<GpuPrice>>(stream, WireJson.Options)!;
    }
}
