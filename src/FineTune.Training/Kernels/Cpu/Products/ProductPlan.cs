namespace FineTune.Training.Kernels.Cpu.Products;

/// <summary>How a product is cut; a function of its shape alone, for the order of its sums follows from it.</summary>
internal readonly struct ProductPlan
{
    /// <summary>Depth of a panel: a left one (18 kB) stays in the first cache while it meets the right ones of a group.</summary>
    private const int LongestPanel = 768;

    /// <summary>Values of a thread's group of right panels: 192 kB, less than half of a second cache.</summary>
    private const int RightValues = 3 << 14;

    /// <summary>Values of a block of left panels: 4 MB, which all threads share in the last cache.</summary>
    private const int LeftValues = 1 << 20;

    /// <summary>Rows that a block of left panels should have at least, where it has no room for all.</summary>
    private const int EnoughRows = 512;

    public ProductPlan(int rows, int depth)
    {
        Depth = Math.Min(depth, Math.Max(LongestPanel, LeftValues / Math.Min(rows, EnoughRows)));
        Rows = Math.Max(1, LeftValues / Depth / MicroKernel.Rows) * MicroKernel.Rows;
        var panels = (Depth + LongestPanel - 1) / LongestPanel;
        Step = (((Depth + panels - 1) / panels) + VectorMath.Width - 1) / VectorMath.Width * VectorMath.Width;
        Width = RightValues / RightPanels.Size(Step);
    }

    /// <summary>Depth of a block.</summary>
    public int Depth { get; }

    /// <summary>Rows of a block.</summary>
    public int Rows { get; }

    /// <summary>Depth of a panel.</summary>
    public int Step { get; }

    /// <summary>Right panels of a group.</summary>
    public int Width { get; }

    /// <summary>Values from one right panel to the next: a cache line more than it has, so that those of a group do not all want the same places of a cache.</summary>
    public int PanelSize => RightPanels.Size(Step + 1);

    /// <summary>Values of a group.</summary>
    public long GroupSize => (long)Width * PanelSize;
}
