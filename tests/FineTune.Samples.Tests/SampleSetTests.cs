using System.Security.Cryptography;

namespace FineTune.Samples.Tests;

public sealed class SampleSetTests
{
    [Fact]
    public void Generate_Again_GivesTheShippedBytes()
    {
        var generated = SampleSet.Generate().ToDictionary(file => file.Path, file => Hash(file.Content));

        var shipped = new[] { "ner", "text" }
            .SelectMany(part => Directory.GetFiles(Path.Combine(ShippedSamples.Folder, part)))
            .ToDictionary(path => Path.GetRelativePath(ShippedSamples.Folder, path).Replace('\\', '/'), path => Hash(File.ReadAllBytes(path)));

        Assert.Equal(shipped.OrderBy(file => file.Key, StringComparer.Ordinal), generated.OrderBy(file => file.Key, StringComparer.Ordinal));
    }

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content));
}
