using FineTune.Training.Kernels.Cpu.Updates;

namespace FineTune.Training.Tests.Kernels.Updates;

public sealed unsafe class ValueStoreTests
{
    private const int Draws = 4000;

    [Theory]
    [InlineData(1f)]
    [InlineData(-0.3f)]
    [InlineData(3.1415927f)]
    [InlineData(1e-20f)]
    public void BFloat_Stored_IsANeighbourAndRightOnAverage(float value)
    {
        var sum = 0.0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var stored = RoundBFloat([value], draw)[0];
            Assert.InRange(Math.Abs(stored - value) / Math.Abs(value), 0, 1.0 / 128);
            sum += stored;
        }

        Assert.Equal(1, sum / Draws / value, 3e-4);
    }

    [Fact]
    public void BFloat_ExactValues_StayAsTheyAre()
    {
        float[] exact = [0, 1, -2, 0.15625f, float.PositiveInfinity, float.NegativeInfinity, -0f, 1.9921875f, 3];

        Assert.Equal(exact, RoundBFloat(exact, 1));
    }

    [Fact]
    public void BFloat_SameSeed_SameBitsHoweverSplit()
    {
        var values = Enumerable.Range(0, 256).Select(i => MathF.Sin(i)).ToArray();
        var whole = RoundBFloat(values, 7);

        var parts = new ushort[256];
        fixed (ushort* data = parts)
        fixed (float* source = values)
        {
            var store = new BFloatStore(data, new Noise(Noise.SeedOf(7, 0, 0)));
            store.Store(0, 48, source);
            store.Store(48, 208, source + 48);
        }

        Assert.Equal(whole, parts.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)));
        Assert.NotEqual(whole, RoundBFloat(values, 8));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(-0.7f)]
    [InlineData(1e-3f)]
    [InlineData(-1e-6f)]
    [InlineData(3e-9f)]
    public void Signed8_BesideOne_IsRightOnAverage(float value)
    {
        var sum = 0.0;
        for (var draw = 0; draw < Draws; draw++)
        {
            sum += RoundTrip<Signed>([1, value, 0, 0, 0, 0, 0, 0], draw)[1];
        }

        Assert.Equal(1, sum / Draws / value, 0.05);
    }

    [Fact]
    public void Unsigned8_ManyMagnitudes_StayWithinACodeOfThemselves()
    {
        var values = Enumerable.Range(0, 256).Select(i => MathF.Pow(10, -8f * i / 255)).ToArray();

        var stored = RoundTrip<Unsigned>(values, 3);

        Assert.Equal(1, stored[0]);
        for (var i = 0; i < values.Length; i++)
        {
            var code = 255 * Math.Sqrt(Math.Sqrt(values[i]));
            var (below, above) = (Math.Pow(Math.Floor(code) / 255, 4), Math.Pow(Math.Ceiling(code + 1e-3) / 255, 4));
            Assert.InRange(stored[i], below * 0.9999, above * 1.0001);
        }
    }

    [Fact]
    public void Codes_OfZeros_AreZeros() => Assert.All(RoundTrip<Signed>(new float[16], 1), value => Assert.Equal(0, value));

    private static float[] RoundBFloat(float[] values, int step)
    {
        var bits = new ushort[values.Length];
        var back = new float[values.Length];
        fixed (ushort* data = bits)
        fixed (float* source = values, destination = back)
        {
            var store = new BFloatStore(data, new Noise(Noise.SeedOf(step, 0, 0)));
            store.Store(0, values.Length, source);
            store.Load(0, values.Length, destination);
        }

        return back;
    }

    private static float[] RoundTrip<TSign>(float[] values, int step)
        where TSign : unmanaged, ISignRule
    {
        var codes = new byte[values.Length];
        var scale = 0f;
        var back = new float[values.Length];
        fixed (byte* data = codes)
        fixed (float* source = values, destination = back)
        {
            var store = new QuarticStore<TSign>(data, &scale, new Noise(Noise.SeedOf(step, 0, 0)));
            store.Store(0, values.Length, source);
            store.Load(0, values.Length, destination);
        }

        return back;
    }
}
