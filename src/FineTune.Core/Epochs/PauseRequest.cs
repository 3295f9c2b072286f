namespace FineTune.Core.Epochs;

/// <summary>Asks trainers to stop within a step, until <paramref name="Resumed"/>.</summary>
/// <param name="Id">Tells this pause from earlier ones of the run.</param>
public sealed record PauseRequest(string Id, bool Resumed = false);
