using FineTune.Cli.Terminals;

namespace FineTune.Cli.Tests.Terminals;

public sealed class DisplayTextTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("step 1/2 · ▕██▏", 15)]
    [InlineData("名前", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("🚀", 2)]
    [InlineData("한글", 4)]
    public void Width_Text_CountsColumns(string text, int columns) => Assert.Equal(columns, DisplayText.Width(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("名前です", 6, "名前…")]
    [InlineData("名前です", 5, "名前…")]
    [InlineData("abc", 0, "")]
    public void Fit_TooLong_CutsAndMarksIt(string text, int columns, string fitted) => Assert.Equal(fitted, DisplayText.Fit(text, columns));

    [Fact]
    public void Lines_ControlCharacters_CannotSteerTheTerminal() =>
        Assert.Equal("a\n [31mb\tc \n", DisplayText.Lines("a\r\n\u001b[31mb\tc\u0007\n"));

    [Fact]
    public void Write_WideText_KeepsTheColumnsStraight()
    {
        using var writer = new StringWriter { NewLine = "\n" };

        TextTable.Write(writer, ["A", "B"], [["名前", "1"], ["x\ny", "2"]]);

        Assert.Equal("A     B\n名前  1\nx y   2\n", writer.ToString());
    }

    [Theory]
    [InlineData(-3, "0s")]
    [InlineData(59.4, "59s")]
    [InlineData(59.6, "1m 00s")]
    [InlineData(3599, "59m 59s")]
    [InlineData(90061, "25h 01m")]
    public void Duration_Seconds_ReadAsPeopleSayThem(double seconds, string text) => Assert.Equal(text, Format.Duration(seconds));

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(720_400, "720.4 kB")]
    [InlineData(2_966_560, "3.0 MB")]
    public void Bytes_Size_HasAUnit(double bytes, string text) => Assert.Equal(text, Format.Bytes(bytes));
}
