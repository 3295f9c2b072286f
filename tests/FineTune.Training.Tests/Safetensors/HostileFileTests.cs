using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using FineTune.Core.Faults;
using FineTune.Training.Safetensors;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Safetensors;

public sealed class HostileFileTests
{
    public static TheoryData<SafetensorsError, string, int> Headers => new()
    {
        { SafetensorsError.InvalidHeader, "", 0 },
        { SafetensorsError.InvalidHeader, "[]", 0 },
        { SafetensorsError.InvalidHeader, "{\"a\":", 0 },
        { SafetensorsError.InvalidHeader, " {}", 0 },
        { SafetensorsError.InvalidHeader, "{\"a\":1}", 0 },
        { SafetensorsError.InvalidHeader, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4 },
        { SafetensorsError.InvalidHeader, "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}}", 4 },
        { SafetensorsError.InvalidHeader, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4 },
        { SafetensorsError.InvalidHeader, "{\"__metadata__\":{\"format\":1}}", 0 },
        { SafetensorsError.InvalidHeader, "{\"a\":{\"dtype\":\"I32\",\"shape\":[2,18446744073709551614],\"data_offsets\":[0,16]}}", 16 },
        { SafetensorsError.DuplicateName, Tensor("a", "F32", "1", 0, 4)[..^1] + "," + Tensor("a", "F32", "1", 4, 8)[1..], 8 },
        { SafetensorsError.UnknownType, Tensor("a", "F33", "1", 0, 4), 4 },
        { SafetensorsError.InvalidShape, Tensor("a", "F32", "-1,-1", 0, 4), 4 },
        { SafetensorsError.InvalidShape, Tensor("a", "F32", "4611686018427387904,4611686018427387904", 0, 4), 4 },
        { SafetensorsError.InvalidOffsets, Tensor("a", "F32", "1", 4, 0), 4 },
        { SafetensorsError.InvalidOffsets, Tensor("a", "F32", "1", -4, 0), 4 },
        { SafetensorsError.SizeMismatch, Tensor("a", "F32", "2", 0, 4), 4 },
        { SafetensorsError.SizeMismatch, Tensor("a", "F16", "2", 0, 8), 8 },
        { SafetensorsError.Truncated, Tensor("a", "F32", "2", 0, 8), 6 },
        { SafetensorsError.OverlapOrHole, Tensor("a", "F32", "2", 0, 8)[..^1] + "," + Tensor("b", "F32", "1", 4, 8)[1..], 8 },
        { SafetensorsError.OverlapOrHole, Tensor("a", "F32", "1", 0, 4)[..^1] + "," + Tensor("b", "F32", "1", 8, 12)[1..], 12 },
        { SafetensorsError.OverlapOrHole, Tensor("a", "F32", "1", 0, 4), 38 },
        { SafetensorsError.OverlapOrHole, Tensor("a", "F32", "1", 4, 8), 8 },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void Open_HostileHeader_IsRefusedByItsName(SafetensorsError expected, string header, int dataLength)
    {
        var json = Encoding.UTF8.GetBytes(header);
        AssertRefused(expected, [.. Length((ulong)json.Length), .. json, .. new byte[dataLength]]);
    }

    [Fact]
    public void Open_HeaderLengthBeyondTheLimit_IsRefusedBeforeReading() =>
        AssertRefused(SafetensorsError.HeaderTooLarge, Length(100_000_001));

    [Fact]
    public void Open_HeaderLengthOfAllOnes_IsRefused() => AssertRefused(SafetensorsError.HeaderTooLarge, Length(ulong.MaxValue));

    [Fact]
    public void Open_HeaderBeyondTheFile_IsTruncated() => AssertRefused(SafetensorsError.Truncated, [.. Length(60), .. "{}"u8]);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Open_FileShorterThanTheLength_IsTruncated(int length) => AssertRefused(SafetensorsError.Truncated, new byte[length]);

    [Fact]
    public void Open_NonUtf8Header_IsRefused() => AssertRefused(SafetensorsError.InvalidHeader, [.. Length(3), (byte)'{', 0xff, (byte)'}']);

    [Fact]
    public void Read_IntegerWeights_AreRefused()
    {
        using var folder = new TempFolder();
        var json = Encoding.UTF8.GetBytes(Tensor("a", "I32", "1", 0, 4));
        File.WriteAllBytes(folder["x.safetensors"], [.. Length((ulong)json.Length), .. json, .. new byte[4]]);
        using var reader = SafetensorsReader.Open(folder["x.safetensors"]);
        AssertCode(SafetensorsError.UnsupportedType, Assert.Throws<FaultException>(() => reader.Read("a")).Fault);
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 12)]
    [InlineData(float.NegativeInfinity, 20)]
    public void Read_WeightThatIsNoNumber_IsRefusedWithItsPlace(float value, int at)
    {
        using var folder = new TempFolder();
        var values = new float[21];
        values[at] = value;
        SafetensorsWriter.Write(folder["model.safetensors"], [TensorToWrite.Of("a", [21], values)]);
        using var weights = ShardedWeights.Open(folder.Path);
        var fault = Assert.Throws<FaultException>(() => weights.Read("a", 0, new float[21])).Fault;
        AssertCode(SafetensorsError.NotFinite, fault);
        Assert.Contains($"element {at} of 'a'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"weight_map\":{\"a\":\"missing.safetensors\"}}")]
    [InlineData("{\"weight_map\":{\"a\":\"../model.safetensors\"}}")]
    [InlineData("{\"weight_map\":{\"a\":\"model.safetensors\",\"absent\":\"model.safetensors\"}}")]
    public void Open_HostileIndex_IsRefused(string index)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["m"]);
        SafetensorsWriter.Write(folder["model.safetensors"], [TensorToWrite.Of("a", [1], [1])]);
        File.Copy(folder["model.safetensors"], Path.Combine(folder["m"], "model.safetensors"));
        File.WriteAllText(Path.Combine(folder["m"], ShardedWeights.IndexFileName), index);
        AssertCode(SafetensorsError.InvalidIndex, Assert.Throws<FaultException>(() => ShardedWeights.Open(folder["m"])).Fault);
    }

    private static void AssertRefused(SafetensorsError expected, byte[] content)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["x.safetensors"], content);
        AssertCode(expected, Assert.Throws<FaultException>(() => SafetensorsReader.Open(folder["x.safetensors"])).Fault);
    }

    private static void AssertCode(SafetensorsError expected, Fault fault)
    {
        Assert.Equal("safetensors_" + JsonNamingPolicy.SnakeCaseLower.ConvertName(expected.ToString()), fault.Code);
        Assert.Equal(FaultAttribution.Caller, fault.Attribution);
        Assert.NotNull(fault.File);
    }

    private static string Tensor(string name, string type, string shape, long begin, long end) =>
        $"{{\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{shape}],\"data_offsets\":[{begin},{end}]}}}}";

    private static byte[] Length(ulong length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        return bytes;
    }
}
