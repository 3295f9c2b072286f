namespace FineTune.LocalHost.Durable;

/// <summary>An orchestrator did something else than its history says, or awaited a task that is not durable. Its instance fails.</summary>
public sealed class NonDeterministicOrchestrationException(string message) : InvalidOperationException(message);
