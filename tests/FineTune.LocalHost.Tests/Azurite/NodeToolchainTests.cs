using FineTune.Core.Faults;
using FineTune.LocalHost.Azurite;
using FineTune.Testing;

namespace FineTune.LocalHost.Tests.Azurite;

public sealed class NodeToolchainTests : IDisposable
{
    private readonly TemporaryFolder tools = new();

    public void Dispose() => tools.Dispose();

    [Fact]
    public async Task FindAsync_NewEnough_FullPaths()
    {
        Program("node", "echo v20.11.1");
        Program("npm", "exit 1");

        var found = await NodeToolchain.FindAsync(tools.Root, TestContext.Current.CancellationToken);

        Assert.Equal(new NodeToolchain(tools["node"], tools["npm"]), found);
    }

    [Theory]
    [InlineData(null, "npm", "node_missing")]
    [InlineData("echo v22.0.0", null, "npm_missing")]
    [InlineData("echo v18.20.4", "npm", "node_too_old")]
    [InlineData("echo what", "npm", "node_too_old")]
    public async Task FindAsync_MissingOrOld_RefusalWithTheCure(string? node, string? npm, string code)
    {
        Program("node", node);
        Program("npm", npm);

        var refused = await Assert.ThrowsAsync<FaultException>(
            () => NodeToolchain.FindAsync(tools.Root, TestContext.Current.CancellationToken));

        Assert.Equal(code, refused.Fault.Code);
        Assert.Contains("Install Node.js 20 or newer", refused.Message, StringComparison.Ordinal);
    }

    private void Program(string name, string? script)
    {
        if (script is not null)
        {
            tools.With(name, $"#!/bin/sh\n{script}\n");
            File.SetUnixFileMode(tools[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
