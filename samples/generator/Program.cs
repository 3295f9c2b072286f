using FineTune.Samples;

if (args is not [var folder])
{
    Console.Error.WriteLine("usage: dotnet run --project samples/generator -- FOLDER   (writes ner/ and text/ there; the shipped folder is samples)");
    return 2;
}

foreach (var file in SampleSet.Generate())
{
    var path = Path.Combine(folder, file.Path);
    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    File.WriteAllBytes(path + ".partial", file.Content);
    File.Move(path + ".partial", path, overwrite: true);
    Console.WriteLine($"{path}: {file.Content.Length:N0} bytes");
}

return 0;
