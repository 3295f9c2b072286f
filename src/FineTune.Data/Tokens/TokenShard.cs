using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using FineTune.Core.Faults;
using FineTune.Core.Training;

namespace FineTune.Data.Tokens;

/// <summary>A memory-mapped shard file. Opening checks every count, offset and length; reading checks every id. Safe for concurrent use.</summary>
internal sealed class TokenShard : IDisposable
{
    private readonly string path;
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;

    /// <exception cref="FaultException">The file isn't a whole shard (<c>tokens_corrupt</c>).</exception>
    public TokenShard(string path)
    {
        this.path = path;
        var length = new FileInfo(path).Length;
        if (length < TokenShardFormat.HeaderBytes)
        {
            throw Corrupt($"it has {length} bytes, fewer than its header");
        }

        file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        try
        {
            (VocabularySize, Sequences, Tokens) = ReadHeader(length);
            CheckStarts();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int VocabularySize { get; }

    public long Sequences { get; }

    public long Tokens { get; }

    public int LengthOf(long index) => (int)(Start(index + 1) - Start(index));

    /// <summary>A file's number in the index, -1 when the origin isn't known, and a line within the shard's part of it.</summary>
    public (int File, int Line) OriginOf(long index)
    {
        var at = TokenShardFormat.OriginsOffset(Sequences, Tokens) + (index * TokenShardFormat.OriginBytes);
        return (Int32(at), Int32(at + sizeof(int)));
    }

    public TokenSequence Read(long index)
    {
        var (start, end) = (Start(index), Start(index + 1));
        var tokens = new int[end - start];
        view.ReadArray(TokenShardFormat.HeaderBytes + (start * sizeof(int)), tokens, 0, tokens.Length);
        var mask = new byte[(end - 1) / 8 - (start / 8) + 1];
        view.ReadArray(TokenShardFormat.MaskOffset(Tokens) + (start / 8), mask, 0, mask.Length);
        var trained = new bool[tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = BitConverter.IsLittleEndian ? tokens[i] : BinaryPrimitives.ReverseEndianness(tokens[i]);
            if ((uint)tokens[i] >= (uint)VocabularySize)
            {
                throw Corrupt($"sequence {index} has the id {tokens[i]}, outside the vocabulary of {VocabularySize}");
            }

            var bit = (start % 8) + i;
            trained[i] = (mask[bit / 8] >> (int)(bit % 8) & 1) != 0;
        }

        return new TokenSequence(tokens, trained);
    }

    public void Dispose()
    {
        view?.Dispose();
        file?.Dispose();
    }

    private (int VocabularySize, long Sequences, long Tokens) ReadHeader(long length)
    {
        var header = new byte[TokenShardFormat.HeaderBytes];
        view.ReadArray(0, header, 0, header.Length);
        var vocabularySize = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12));
        var sequences = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16));
        var tokens = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24));
        if (!header.AsSpan().StartsWith(TokenShardFormat.Magic))
        {
            throw Corrupt("it isn't a token shard");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)) is var version && version != TokenShardFormat.Version)
        {
            throw Corrupt($"it is of version {version}, and {TokenShardFormat.Version} is the one known");
        }

        // Bounding both counts by the file's length first keeps the arithmetic below from overflowing.
        var fits = vocabularySize > 0 && sequences > 0 && sequences <= length / sizeof(long) && tokens > 0 && tokens <= length / sizeof(int);
        return fits && TokenShardFormat.FileBytes(sequences, tokens) == length
            ? (vocabularySize, sequences, tokens)
            : throw Corrupt($"its header ({sequences} sequences, {tokens} tokens, vocabulary {vocabularySize}) doesn't fit {length} bytes");
    }

    private void CheckStarts()
    {
        var previous = 0L;
        for (var i = 0L; i <= Sequences; i++)
        {
            var start = Start(i);
            var isValid = i == 0 ? start == 0 : start - previous is >= 2 and <= int.MaxValue && start <= Tokens;
            if (!isValid)
            {
                throw Corrupt($"sequence {i} begins at token {start} after {previous}");
            }

            previous = start;
        }

        if (previous != Tokens)
        {
            throw Corrupt($"its sequences end at token {previous} of {Tokens}");
        }
    }

    private long Start(long index)
    {
        var value = view.ReadInt64(TokenShardFormat.StartsOffset(Tokens) + (index * sizeof(long)));
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    private int Int32(long at)
    {
        var value = view.ReadInt32(at);
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    private FaultException Corrupt(string problem) => TokenShardFormat.Corrupt(path, problem);
}
