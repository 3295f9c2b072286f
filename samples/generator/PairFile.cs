using System.Text.Encodings.Web;
using System.Text.Json;
using FineTune.Samples.Sentences;

namespace FineTune.Samples;

/// <summary>Prompt/response pairs as JSON lines; the response lists the names as JSON in order of appearance.</summary>
public static class PairFile
{
    public const string Instruction = "Find names: ";

    /// <summary>Names stay readable: only what JSON demands is escaped.</summary>
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static SampleFile Create(string path, IEnumerable<Sentence> sentences)
    {
        using var content = new MemoryStream();
        foreach (var sentence in sentences)
        {
            JsonSerializer.Serialize(content, new { prompt = Instruction + sentence.Text, response = Response(sentence) }, Readable);
            content.WriteByte((byte)'\n');
        }

        return new SampleFile(path, content.ToArray());
    }

    /// <summary>For example <c>[{"person":"Ada Byrne"},{"location":"Cork"}]</c>; <c>[]</c> without names.</summary>
    public static string Response(Sentence sentence) => JsonSerializer.Serialize(
        sentence.Entities.Select(entity => new Dictionary<string, string> { [Key(entity.Type)] = entity.Text }), Readable);

    private static string Key(EntityType type) => type.ToString().ToLowerInvariant();
}
