using System.Text;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Testing.Fuzzing;

namespace FineTune.Data.Tests.Fuzzing;

public sealed class TemplateFuzzTests
{
    private static readonly string[] Families = ["dbrx", "llama2", "llama3", "llama3.2", "mixtral"];

    private static readonly string[] Tokens =
    [
        "{{", "}}", "{%", "%}", "{%-", "-%}", "{#", "#}", "for m in messages", "endfor", "if", "elif", "else", "endif", "set x = ", "namespace()", "loop.index0", "range(3)",
        "message['role']", "| trim", "| tojson(indent=4)", "raise_exception('x')", "strftime_now('%d')", "not", " in ", "is defined", "~", "'", "[1:-1]", ".split('x')[-1]", "{'a': 1}",
        "((((((((((((((((((((((((((((((((", "9999999999999999999", "x * 1000000000", "'a' * 100000000", "range(1000000000)", ".9999999999999999999", "%", "//", "**",
    ];

    [Fact]
    public async Task Template_AnyText_RendersOrIsAFault()
    {
        var tokenizer = Fixture.Tokenizer("llama3");
        ChatMessage[] messages = [new(ChatRole.System, "s"), new(ChatRole.User, "q <|eot_id|>"), new(ChatRole.Assistant, "a"), new(ChatRole.User, "r"), new(ChatRole.Assistant, "b")];
        var fuzzer = new Fuzzer(
            [.. Families.Select(family => Encoding.UTF8.GetBytes(ModelCatalogue.ChatTemplateText(family)!))], [.. Tokens.Select(Encoding.UTF8.GetBytes)]);

        var ran = await fuzzer.RunAsync(input =>
        {
            try
            {
                var template = new ChatTemplate(tokenizer, Encoding.UTF8.GetString(input), new DateOnly(2026, 1, 1));
                var rendered = new ExampleEncoder(tokenizer, template, int.MaxValue).Render(new ChatExample("f", 1, messages));
                Assert.All(rendered.Trained, range => Assert.True(range[0] < range[1]));
            }
            catch (FaultException refused)
            {
                Assert.Equal(FaultAttribution.Caller, refused.Fault.Attribution);
            }

            return Task.CompletedTask;
        });

        TestContext.Current.TestOutputHelper!.WriteLine(ran);
    }
}
