using System.Buffers.Binary;
using FineTune.Core.Faults;
using FineTune.Core.Training;
using FineTune.Data.Tokens;

namespace FineTune.Data.Tests.Tokens;

public sealed class TokenShardTests : IDisposable
{
    private const int Vocabulary = 1000;
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(TokenShardWriter.DefaultShardTokens, 1)]
    [InlineData(100, 0)]
    [InlineData(1, 200)]
    public void Read_WhatWasWritten_IsEqual(long shardTokens, int shards)
    {
        var sequences = Random(200);
        Write(sequences, shardTokens);

        using var source = TokenShardSource.Open(directory.Path);

        Assert.Equal((200, sequences.Sum(sequence => sequence.Length)), (source.Count, source.TotalTokens));
        foreach (var index in Enumerable.Range(0, 200).Reverse())
        {
            Assert.Equal(sequences[index].Tokens, source.Read(index).Tokens);
            Assert.Equal(sequences[index].Trained, source.Read(index).Trained);
        }

        Assert.True(shards == 0 || Directory.GetFiles(directory.Path, "*.bin").Length == shards);
    }

    [Fact]
    public void Write_SameSequences_GivesTheSameBytes()
    {
        Write(Random(50));
        var first = File.ReadAllBytes(Shard);
        Write(Random(50));

        Assert.Equal(first, File.ReadAllBytes(Shard));
        Assert.Equal("FTTOKENS\u0002\0\0\0"u8, first.AsSpan(0, 12));
        Assert.Equal(0, first.Length % 8);
    }

    [Fact]
    public void Write_Again_LeavesNoShardOfTheEarlierAttempt()
    {
        Write(Random(50), shardTokens: 1);
        Write(Random(3), shardTokens: 1);

        Assert.Equal(3, Directory.GetFiles(directory.Path, "*.bin").Length);
    }

    [Fact]
    public void Dispose_WithoutComplete_LeavesNothing()
    {
        using (var writer = new TokenShardWriter(directory.Path, Vocabulary))
        {
            writer.Write(new TokenSequence([1, 2], [false, true]));
        }

        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Theory]
    [InlineData(new[] { 1 }, 1)]
    [InlineData(new[] { 1, 2 }, 3)]
    [InlineData(new[] { 1, Vocabulary }, 2)]
    [InlineData(new[] { -1, 2 }, 2)]
    public void Write_BadSequence_IsRefused(int[] tokens, int maskLength)
    {
        using var writer = new TokenShardWriter(directory.Path, Vocabulary);

        Assert.ThrowsAny<ArgumentException>(() => writer.Write(new TokenSequence(tokens, new bool[maskLength])));
    }

    [Theory]
    [InlineData(0, 0x58)]
    [InlineData(8, 1L)]
    [InlineData(12, 0L)]
    [InlineData(16, 0L)]
    [InlineData(16, 2L)]
    [InlineData(16, 4L)]
    [InlineData(16, -1L)]
    [InlineData(16, long.MaxValue)]
    [InlineData(24, 9L)]
    [InlineData(24, 0x4000_0000_0000_0000)]
    [InlineData(24, long.MinValue)]
    public void Open_LyingHeader_IsRefused(int offset, long value) => Corrupted(bytes =>
    {
        Span<byte> field = bytes.AsSpan(offset, offset < 16 ? 4 : 8);
        if (offset < 16)
        {
            BinaryPrimitives.WriteInt32LittleEndian(field, (int)value);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(field, value);
        }
    });

    [Theory]
    [InlineData(0, 1L)]
    [InlineData(1, 9L)]
    [InlineData(1, 1L)]
    [InlineData(1, -4L)]
    [InlineData(2, 1000L)]
    [InlineData(3, 11L)]
    public void Open_LyingStarts_AreRefused(int index, long value) =>
        Corrupted(bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(bytes.Length - (3 * 8) - ((4 - index) * 8)), value));

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(64)]
    [InlineData(-1)]
    public void Open_CutFile_IsRefused(int length)
    {
        Three();
        var bytes = File.ReadAllBytes(Shard);
        File.WriteAllBytes(Shard, length < 0 ? bytes[..^1] : bytes[..length]);

        Assert.Equal("tokens_corrupt", Refusal().Code);
    }

    [Fact]
    public void Open_EveryFlippedBit_IsRefusedOrReadsWithinBounds()
    {
        Three();
        var bytes = File.ReadAllBytes(Shard);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(Shard, bytes);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using var source = TokenShardSource.Open(directory.Path);
                for (var i = 0; i < source.Count; i++)
                {
                    Assert.All(source.Read(i).Tokens, token => Assert.InRange(token, 0, source.VocabularySize - 1));
                }
            }
            catch (FaultException refused)
            {
                Assert.Equal("tokens_corrupt", refused.Fault.Code);
            }
        }
    }

    [Fact]
    public void Read_IdOutsideTheVocabulary_IsRefused()
    {
        Three();
        var bytes = File.ReadAllBytes(Shard);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(64), Vocabulary);
        File.WriteAllBytes(Shard, bytes);
        using var source = TokenShardSource.Open(directory.Path);

        Assert.Equal("tokens_corrupt", Assert.Throws<FaultException>(() => source.Read(0)).Fault.Code);
        Assert.Equal(3, source.Read(1).Length);
    }

    [Theory]
    [InlineData("tokens-00001.bin")]
    [InlineData("tokens-00000.bin")]
    public void Open_MissingShard_IsRefused(string name)
    {
        Write(Random(3), shardTokens: 1);
        File.Delete(directory[name]);

        Assert.Equal(name, Refusal().File);
    }

    [Fact]
    public void Open_NoIndex_IsRefused() => Assert.Equal("tokens.json", Refusal().File);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"shards":[]}""")]
    [InlineData("""{"shards":[{"name":"tokens-00000.bin","sequences":4,"tokens":10,"files":[]}]}""")]
    [InlineData("""{"shards":[{"name":"../tokens-00000.bin","sequences":2,"tokens":10,"files":[]}]}""")]
    public void Open_WrongIndex_IsRefused(string index)
    {
        Three();
        File.WriteAllText(directory["tokens.json"], index);

        Assert.Equal("tokens_corrupt", Refusal().Code);
    }

    [Fact]
    public void OriginOf_WhatWasWritten_IsGivenBack()
    {
        using (var writer = new TokenShardWriter(directory.Path, Vocabulary, shardTokens: 4))
        {
            writer.Write(new TokenSequence([1, 2], [false, true]), new SequenceOrigin("a.jsonl", 1));
            writer.Write(new TokenSequence([1, 2], [false, true]), new SequenceOrigin("b.jsonl", 7));
            writer.Write(new TokenSequence([1, 2], [false, true]), new SequenceOrigin("b.jsonl", 9));
            writer.Write(new TokenSequence([1, 2], [false, true]));
            writer.Complete();
        }

        using var source = TokenShardSource.Open(directory.Path);

        Assert.Equal(["a.jsonl:1", "b.jsonl:7", "b.jsonl:9", null], Enumerable.Range(0, 4).Select(index => source.OriginOf(index)?.ToString()));
    }

    [Fact]
    public async Task ReadLengths_OfAShard_AreThoseOfItsSequences()
    {
        Write(Random(20_000));
        using var source = TokenShardSource.Open(directory.Path);
        var shard = TokenIndex.Read(directory.Path).Shards[0];
        await using var file = File.OpenRead(Shard);
        file.Position = TokenShardLengths.Offset(shard);

        var lengths = await TokenShardLengths.ReadAsync(file, shard, TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, 20_000).Select(index => source.LengthOf(index)), lengths);
    }

    [Fact]
    public void Open_ShardsOfTwoVocabularies_AreRefused()
    {
        Write(Random(2), shardTokens: 1);
        var bytes = File.ReadAllBytes(directory["tokens-00001.bin"]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Vocabulary + 1);
        File.WriteAllBytes(directory["tokens-00001.bin"], bytes);

        Assert.Equal("tokens-00001.bin", Refusal().File);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Read_IndexOutside_Throws(long index)
    {
        Three();
        using var source = TokenShardSource.Open(directory.Path);

        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(index));
    }

    private string Shard => directory["tokens-00000.bin"];

    private Fault Refusal() => Assert.Throws<FaultException>(() => TokenShardSource.Open(directory.Path).Dispose()).Fault;

    private void Three() => Write([
        new([1, 2, 3, 4], [false, true, true, true]), new([5, 6, 7], [false, false, true]), new([8, 9, 10], [true, true, true])]);

    private void Corrupted(Action<byte[]> corrupt)
    {
        Three();
        var bytes = File.ReadAllBytes(Shard);
        corrupt(bytes);
        File.WriteAllBytes(Shard, bytes);

        Assert.Equal("tokens_corrupt", Refusal().Code);
    }

    private void Write(IEnumerable<TokenSequence> sequences, long shardTokens = TokenShardWriter.DefaultShardTokens)
    {
        using var writer = new TokenShardWriter(directory.Path, Vocabulary, shardTokens);
        foreach (var sequence in sequences)
        {
            writer.Write(sequence);
        }

        writer.Complete();
    }

    private static List<TokenSequence> Random(int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var length = random.Next(2, 40);
            return new TokenSequence(
                [.. Enumerable.Range(0, length).Select(_ => random.Next(Vocabulary))],
                [.. Enumerable.Range(0, length).Select(_ => random.Next(2) == 0)]);
        })];
    }
}
