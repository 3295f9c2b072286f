using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace FineTune.Core.Faults;

/// <summary>
/// What an activity answers: a value, or the fault that refuses it. Expected refusals are values and are never retried;
/// exceptions are surprises and are retried by the caller's policy.
/// </summary>
public sealed record Outcome<T>(T? Value, Fault? Fault)
    where T : class
{
    [JsonIgnore]
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool Succeeded => Fault is null;

    /// <summary>The value, or a <see cref="FaultException"/>.</summary>
    public T Unwrap() => Succeeded ? Value : throw new FaultException(Fault);
}

public static class Outcome
{
    public static Outcome<T> Of<T>(T value)
        where T : class => new(value, null);

    public static Outcome<T> Refused<T>(Fault fault)
        where T : class => new(null, fault);

    /// <summary>Runs <paramref name="step"/> and turns a <see cref="FaultException"/> into a refusal.</summary>
    public static async Task<Outcome<T>> CatchAsync<T>(Func<Task<T>> step)
        where T : class
    {
        try
        {
            return Of(await step());
        }
        catch (FaultException refused)
        {
            return Refused<T>(refused.Fault);
        }
    }
}
