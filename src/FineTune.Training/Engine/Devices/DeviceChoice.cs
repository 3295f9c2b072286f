using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Numerics;

namespace FineTune.Training.Engine;

/// <summary>
/// Where a model is trained: <c>cpu</c>, <c>cuda</c> (the first GPU), or <c>cuda:0,1</c>, whose GPUs share the layers. <c>cpu:0,1</c> are logical
/// devices, to try out what happens between several.
/// </summary>
public sealed record DeviceChoice
{
    private const string Choices = "Choose cpu, cuda, or the numbers of GPUs as in cuda:0 or cuda:0,1.";

    private DeviceChoice(string name, IReadOnlyList<TorchDevice> devices) => (Name, Devices) = (name, devices);

    /// <summary>The processor, by the fastest engine for it.</summary>
    public static DeviceChoice Cpu { get; } = new("cpu", []);

    public string Name { get; }

    /// <summary>None for <see cref="Cpu"/>.</summary>
    public IReadOnlyList<TorchDevice> Devices { get; }

    public bool IsCuda => Devices.Any(device => device.IsCuda);

    /// <summary>Memory of all its GPUs, in bytes; null where it is the processor's.</summary>
    public long? MemoryBytes => IsCuda ? Devices.Count * Devices.Min(device => CudaSupport.MemoryBytes(device.Index)) : null;

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="field">Option or variable it comes from.</param>
    /// <exception cref="FaultException"><c>device_invalid</c>.</exception>
    public static DeviceChoice Parse(string text, string field)
    {
        if (text is "cpu")
        {
            return Cpu;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var type = (colon < 0 ? text : text[..colon]) switch
        {
            "cpu" => TorchDeviceType.Cpu,
            "cuda" => TorchDeviceType.Cuda,
            _ => throw Invalid($"{field} is '{text}', which names no device. {Choices}", field),
        };
        List<TorchDevice> devices = [];
        foreach (var number in colon < 0 ? ["0"] : text[(colon + 1)..].Split(','))
        {
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                throw Invalid($"{field} is '{text}', in which '{number}' is not the number of a device. {Choices}", field);
            }

            if (devices.Exists(device => device.Index == index))
            {
                throw Invalid($"{field} is '{text}', which names device {index} twice. {Choices}", field);
            }

            devices.Add(new TorchDevice(type, index));
        }

        return new DeviceChoice(text, devices);
    }

    /// <summary>Refuses devices that are not here.</summary>
    /// <exception cref="FaultException"><c>device_not_available</c>.</exception>
    public void Check()
    {
        if (IsCuda)
        {
            Check(CudaSupport.Detect());
        }
    }

    /// <summary>Refuses devices that are not among those of <paramref name="support"/>.</summary>
    internal void Check(CudaSupport support)
    {
        foreach (var device in Devices.Where(device => device.IsCuda && device.Index >= support.Devices))
        {
            var why = !support.IsBuiltIn
                ? "the trainer was built with libtorch for processors. Build it with -p:LibTorch=cuda (the container's build argument LIBTORCH=cuda), or choose cpu"
                : support.Devices == 0
                    ? "no GPU is visible: the driver is missing or too old, or the container was started without GPUs. Give it some, or choose cpu"
                    : $"of {support.Devices} visible GPUs the last is cuda:{support.Devices - 1}. Choose among them";
            throw new FaultException(Fault.Platform("load_model", "device_not_available", $"Device {device} cannot be used: {why}."));
        }
    }

    public bool Equals(DeviceChoice? other) => other?.Name == Name;

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    private static FaultException Invalid(string message, string field) => new(Fault.Caller("configure_trainer", "device_invalid", message, field));
}
