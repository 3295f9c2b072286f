using FineTune.Core.Faults;

namespace FineTune.Trainer.Tests;

public sealed class ArgumentsTests
{
    [Fact]
    public void Taken_EverythingNamed_LeavesNothing()
    {
        var arguments = new Arguments(["folder", "--text", "a", "--untied", "--dim", "64", "--text", "b"]);

        Assert.Equal(["a", "b"], arguments.All("--text"));
        Assert.Equal(64, arguments.Number("--dim", 1));
        Assert.Equal(5, arguments.Number("--layers", 5));
        Assert.True(arguments.Flag("--untied"));
        Assert.False(arguments.Flag("--untied"));
        Assert.Equal("folder", arguments.Positional("Folder"));
        arguments.RequireEmpty();
    }

    [Fact]
    public void Number_NoWholeNumber_IsRefused() =>
        Assert.Contains("--dim must be a whole number, but is '1.5'", Refused(["--dim", "1.5"], a => a.Number("--dim", 1)), StringComparison.Ordinal);

    [Fact]
    public void Text_WithoutValue_IsRefused() => Assert.Equal("--as needs a value.", Refused(["--as"], a => a.Text("--as")));

    [Fact]
    public void Required_NotGiven_IsRefused() => Assert.Equal("--as is required.", Refused([], a => a.Required("--as")));

    [Fact]
    public void Positional_OnlyOptions_IsRefused() => Assert.Equal("Folder is required.", Refused(["--x"], a => a.Positional("Folder")));

    [Fact]
    public void RequireEmpty_SomethingLeft_NamesIt() => Assert.Equal("Unknown argument '--wat'.", Refused(["--wat"], a => a.RequireEmpty()));

    private static string Refused(string[] given, Action<Arguments> take)
    {
        var fault = Assert.Throws<FaultException>(() => take(new Arguments(given))).Fault;
        Assert.Equal((FaultAttribution.Caller, "argument_invalid"), (fault.Attribution, fault.Code));
        return fault.Message;
    }
}
