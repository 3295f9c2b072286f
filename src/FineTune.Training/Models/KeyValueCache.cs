using TorchSharp;
using static TorchSharp.torch;

namespace FineTune.Training.Models;

/// <summary>Keys and values of one sequence, preallocated to the longest context: each layer [1, KV heads, capacity, d].</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] keys;
    private readonly Tensor[] values;

    public KeyValueCache(LlamaConfig config, int capacity)
    {
        Capacity = capacity;
        keys = [.. Enumerable.Range(0, config.Layers).Select(_ => Allocate(config))];
        values = [.. Enumerable.Range(0, config.Layers).Select(_ => Allocate(config))];
    }

    public int Capacity { get; }

    /// <summary>Positions filled in every layer.</summary>
    public int Length { get; private set; }

    /// <summary>Forgets everything; the memory stays.</summary>
    public void Clear() => Length = 0;

    public void Dispose()
    {
        foreach (var tensor in keys.Concat(values))
        {
            tensor.Dispose();
        }
    }

    /// <summary>Stores keys and values [1, KV heads, T, d] behind the others; returns views of all so far.</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value)
    {
        var added = key.size(2);
        keys[layer].narrow(2, Length, added).copy_(key);
        values[layer].narrow(2, Length, added).copy_(value);
        return (keys[layer].narrow(2, 0, Length + added), values[layer].narrow(2, 0, Length + added));
    }

    internal void Advance(int positions) => Length += positions;

    private Tensor Allocate(LlamaConfig config) =>
        zeros([1, config.KeyValueHeads, Capacity, config.HeadDimension], float32).DetachFromDisposeScope();
}
