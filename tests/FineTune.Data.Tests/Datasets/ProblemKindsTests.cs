using System.Text;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tests.Datasets;

public sealed class ProblemKindsTests
{
    private const string End = "<!-- end -->";

    [Fact]
    public void ReferenceDocumentation_Problems_AreThoseOfTheCode()
    {
        var path = Path.Combine(RepositoryRoot(), "docs", "data.md");
        var text = File.ReadAllText(path);
        var start = text.IndexOf('\n', text.IndexOf("<!-- problems", StringComparison.Ordinal)) + 1;
        var documented = text[start..text.IndexOf(End, StringComparison.Ordinal)];
        if (Environment.GetEnvironmentVariable("FINETUNE_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, text.Replace(documented + End, Reference() + End, StringComparison.Ordinal));
            return;
        }

        Assert.True(ProblemKinds.All.Count >= 25);
        Assert.Equal(Reference(), documented);
    }

    private static string Reference()
    {
        var table = new StringBuilder();
        foreach (var section in ProblemKinds.All.GroupBy(kind => kind.Section))
        {
            table.Append($"\n### {section.Key}\n| code | | meaning | cure | refused by |\n| --- | --- | --- | --- | --- |\n");
            foreach (var kind in section)
            {
                table.Append($"| `{kind.Code}` | {kind.Severity.ToString().ToLowerInvariant()} | {kind.Meaning} | {kind.Cure} | {kind.RefusedBy} |\n");
            }
        }

        return table.Append('\n').ToString();
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FineTuneFunctions.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The repository's root isn't above the tests.");
        }

        return folder.FullName;
    }
}
