using System.Text;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tests;

/// <summary>Data sets in memory.</summary>
internal static class Sources
{
    public static DatasetSource Of(string name, byte[] content) => new(name, _ => Task.FromResult<Stream>(new MemoryStream(content)));

    public static DatasetSource Of(string name, string content) => Of(name, Encoding.UTF8.GetBytes(content));

    public static DatasetSource Lines(params IEnumerable<string> lines) => Of("train.jsonl", string.Join('\n', lines) + "\n");
}
