namespace FineTune.Samples;

/// <param name="Path">Relative to the samples folder, with forward slashes.</param>
public sealed record SampleFile(string Path, byte[] Content);
