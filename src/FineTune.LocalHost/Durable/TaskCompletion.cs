using System.Text.Json;

namespace FineTune.LocalHost.Durable;

internal static class TaskCompletion
{
    /// <summary>Completes with <paramref name="json"/>, or fails when it is not a <typeparamref name="T"/>.</summary>
    /// <remarks>
    /// Continuations run inline: <see cref="TaskCreationOptions.RunContinuationsAsynchronously"/> would send those of
    /// <see cref="Task.WhenAny(Task[])"/> to the thread pool.
    /// </remarks>
    public static void Complete<T>(this TaskCompletionSource<T> source, string? json)
    {
        T? value;
        try
        {
            value = Payload.Read<T>(json);
        }
        catch (JsonException unreadable)
        {
            source.TrySetException(unreadable);
            return;
        }

        source.TrySetResult(value!);
    }
}
