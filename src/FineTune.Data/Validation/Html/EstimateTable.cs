using FineTune.Core.Estimates;
using static FineTune.Data.Validation.Html.ValidationPage;

namespace FineTune.Data.Validation.Html;

/// <summary>What a run will take, GPU by GPU.</summary>
internal static class EstimateTable
{
    public static string Render(TrainingEstimate? estimate)
    {
        if (estimate is null)
        {
            return "";
        }

        var lead = $"<h2>Estimate</h2><p class=\"soft\">{Count(estimate.Steps, "optimizer step")} over {Count(estimate.Tokens, "token")}.</p>";
        return estimate.Gpus.Count == 0 ? lead : lead
            + "<table><thead><tr><th>GPU</th><th>Precision</th><th class=\"n\">Memory</th><th class=\"n\">Time</th><th class=\"n\">Cost</th></tr></thead><tbody>"
            + string.Concat(estimate.Gpus.Select(Row)) + "</tbody></table>";
    }

    private static string Row(GpuEstimate gpu) => $"<tr><td>{Text(gpu.Gpu)}</td><td>{Text(gpu.Precision)}</td>"
        + $"<td class=\"n\">{Format($"{gpu.MemoryGib:0.#} GiB")}</td>"
        + (gpu.Fits ? $"<td class=\"n\">{Time(gpu.Hours)}</td><td class=\"n\">{Format($"${gpu.Cost:N2}")}</td>" : "<td class=\"n warn\" colspan=\"2\">does not fit on one</td>")
        + "</tr>";

    private static string Time(double hours) => hours < 1 ? Format($"{Math.Max(1, hours * 60):0} min") : Format($"{hours:N1} h");
}
