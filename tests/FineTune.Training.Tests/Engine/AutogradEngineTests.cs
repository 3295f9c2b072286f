using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class AutogradEngineTests() : TrainingEngineTests(Engines.Autograd);
