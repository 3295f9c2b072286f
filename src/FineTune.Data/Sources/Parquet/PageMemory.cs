using System.Runtime.CompilerServices;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// The memory of a file's pages: what columns hold, counted together, and a place for one page as it lies in the file. Memory is used again, as page
/// follows page.
/// </summary>
internal sealed class PageMemory
{
    private const int LargestReserve = 4 << 20;

    private long held;
    private byte[] stored = [];

    /// <summary>Room for a page of <paramref name="count"/> bytes, at most <see cref="ParquetLimits.StoredPageBytes"/>, until the next one is asked for.</summary>
    public Memory<byte> Stored(int count)
    {
        stored = stored.Length < count ? new byte[count] : stored;
        return stored.AsMemory(0, count);
    }

    /// <summary>Makes <paramref name="array"/> as long as <paramref name="count"/> at least; its content may be gone.</summary>
    /// <exception cref="UnreadableFileException">The columns would hold more than is allowed.</exception>
    public void Grow<T>(ref T[] array, int count, string column)
    {
        if (array.Length >= count)
        {
            return;
        }

        held -= (long)array.Length * Unsafe.SizeOf<T>();
        array = [];
        if (held + ((long)count * Unsafe.SizeOf<T>()) > ParquetLimits.HeldBytes)
        {
            throw ParquetErrors.Unsupported(
                $"with column '{column}' the pages that are needed at once take more than {ParquetLimits.HeldBytes >> 20} MiB. Write smaller pages or smaller row groups, "
                + "e.g. of 10,000 rows");
        }

        // Pages of like lengths shall not ask for memory again and again.
        var room = (int)Math.Min(count + Math.Min(count / 8L, LargestReserve / Unsafe.SizeOf<T>()), (ParquetLimits.HeldBytes - held) / Unsafe.SizeOf<T>());
        held += (long)room * Unsafe.SizeOf<T>();
        array = new T[room];
    }
}
