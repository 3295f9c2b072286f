using FineTune.Testing.Storage;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]
