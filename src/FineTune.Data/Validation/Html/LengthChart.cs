using System.Text;
using static FineTune.Data.Validation.Html.ValidationPage;

namespace FineTune.Data.Validation.Html;

/// <summary>The histogram of example lengths as inline SVG; colours come from the page's style.</summary>
internal static class LengthChart
{
    private const int Height = 220;
    private const int Bottom = 44;
    private const int Top = 22;
    private const int Step = 64;

    public static string Render(IReadOnlyList<LengthBucket> buckets, int? contextLength)
    {
        var most = Math.Max(1, buckets.Max(bucket => bucket.Examples));
        var width = Math.Max(5, buckets.Count) * Step;
        var svg = new StringBuilder(Format($"<svg width=\"{width}\" viewBox=\"0 0 {width} {Height}\" role=\"img\" aria-label=\"Examples by length in tokens\">"));
        for (var i = 0; i < buckets.Count; i++)
        {
            var (upTo, examples) = buckets[i];
            var height = (Height - Top - Bottom) * (double)examples / most;
            var (x, y) = ((i * Step) + 6, Height - Bottom - height);
            svg.Append(Format($"<rect x=\"{x}\" y=\"{y:F1}\" width=\"{Step - 12}\" height=\"{height:F1}\" rx=\"3\"/>"));
            svg.Append(Format($"<text x=\"{x + (Step / 2) - 6}\" y=\"{y - 6:F1}\" text-anchor=\"middle\">{examples:N0}</text>"));
            svg.Append(Format($"<text x=\"{x + (Step / 2) - 6}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">≤ {upTo:N0}</text>"));
        }

        svg.Append(Format($"<line x1=\"0\" x2=\"{width}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom}\"/>"));
        var context = contextLength is { } length ? Format($" (context {length:N0})") : "";
        return svg.Append(Format($"<text x=\"0\" y=\"{Height - 8}\">tokens{context}</text></svg>")).ToString();
    }
}
