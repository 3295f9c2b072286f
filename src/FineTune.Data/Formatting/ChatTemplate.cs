using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting.Jinja;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>
/// How a model lays out conversations: its own Jinja template, interpreted. What carries loss follows from how the text came about, not
/// from searching it: of a trained assistant message everything put out in its turn of the template's loop, after what the template puts
/// before an answer (its generation prompt), to the turn's last control token. Control tokens come from the template only.
/// </summary>
public sealed class ChatTemplate
{
    private readonly JinjaTemplate template;
    private readonly ControlTokens controls;
    private readonly JinjaScope constants;
    private readonly string generationPrompt = "";

    /// <param name="source">Jinja text.</param>
    /// <param name="today">The date that templates show, fixed when a run is created so that training is reproducible.</param>
    /// <exception cref="FaultException">The template can't be used; the message says why.</exception>
    public ChatTemplate(Tokenizer tokenizer, string source, DateOnly today)
    {
        controls = new ControlTokens(tokenizer.AddedTokens);
        constants = Constants(NameOf(tokenizer, tokenizer.BosId), NameOf(tokenizer, tokenizer.EosId), today);
        ChatMessage[] probe = [new(ChatRole.User, "q"), new(ChatRole.Assistant, "a")];
        try
        {
            template = new JinjaTemplate(source);
            var asked = Join(Run(probe[..1], [], addGenerationPrompt: false)).Value;
            var awaiting = Join(Run(probe[..1], [], addGenerationPrompt: true)).Value;
            generationPrompt = awaiting.StartsWith(asked, StringComparison.Ordinal) ? awaiting[asked.Length..] : "";
            _ = Render(probe, []);
        }
        catch (JinjaException unusable)
        {
            throw new FaultException(new Fault(
                Tokenizer.LoadPhase,
                FaultAttribution.Caller,
                "chat_template_not_supported",
                $"{TokenizerConfig.FileName}: chat_template can't be used for CHAT_COMPLETION: {unusable.Message}. " +
                "Correct it, or use INSTRUCTION_FINETUNE with prompts that hold the model's own format.",
                TokenizerConfig.FileName,
                Field: "chat_template"));
        }
    }

    /// <summary>The template of a model.</summary>
    /// <param name="otherwise">Used when the model's folder has none, e.g. the catalogue's.</param>
    /// <exception cref="FaultException">There is no template, or it can't be used.</exception>
    public static ChatTemplate For(Tokenizer tokenizer, DateOnly today, string? otherwise = null)
    {
        string[] marks = [Llama3Tokens.StartHeader, Llama3Tokens.EndHeader, Llama3Tokens.EndOfTurn];
        var source = tokenizer.ChatTemplate ?? otherwise
            ?? (marks.All(mark => tokenizer.TokenId(mark) is not null) ? Llama3Tokens.ChatTemplate : "");
        return new ChatTemplate(tokenizer, source, today);
    }

    /// <exception cref="JinjaException">The template refuses the conversation, or leaves a part of it out.</exception>
    internal RenderedChat Render(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools, bool addGenerationPrompt = false)
    {
        var parts = Run(messages, tools, addGenerationPrompt);
        var text = Join(parts);
        RequireWhole(text, messages, tools);
        var found = controls.Find(text);
        var trained = new List<(int Start, int End)>();
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i] is { Role: ChatRole.Assistant, Trained: true })
            {
                trained.Add(TrainedRange(i, parts, text, found));
            }
        }

        return new RenderedChat(text.Value, ControlTokens.Cut(text.Value, found, trained));
    }

    private (int Start, int End) TrainedRange(
        int message, List<RenderedPart> parts, JinjaText text, List<FoundControl> found)
    {
        var (at, start, end) = (0, -1, -1);
        foreach (var part in parts)
        {
            start = start < 0 && part.Message == message ? at : start;
            at += part.Text.Value.Length;
            end = part.Message == message ? at : end;
        }

        if (start < 0)
        {
            throw new JinjaException($"it gives messages[{message}], an assistant's, no turn of its own");
        }

        if (text.Value.AsSpan(start, end - start).StartsWith(generationPrompt))
        {
            start += generationPrompt.Length;
        }
        else if (StartOf(message, text) is { } content)
        {
            start = content;
        }

        var lastControl = found.FindLast(control => control.Start >= start && control.End <= end);
        return (start, lastControl.End > 0 ? lastControl.End : end);
    }

    private static int? StartOf(int message, JinjaText text)
    {
        var at = 0;
        foreach (var run in text.Runs)
        {
            if (run.Origin.IsOf(message))
            {
                return at;
            }

            at = run.End;
        }

        return null;
    }

    /// <summary>Templates leave out what they don't know of; then the model would learn from something else than what was written.</summary>
    private static void RequireWhole(JinjaText text, IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools)
    {
        var origins = text.Origins(messages.Count);
        if (tools.Count > 0 && !origins.Contains(Origin.Tools))
        {
            throw new JinjaException("it leaves out the definitions of tools");
        }

        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].ToolCalls.Count > 0 && !origins.Contains(Origin.ToolCalls(i)))
            {
                throw new JinjaException($"it leaves out the tool calls of messages[{i}]");
            }

            if (messages[i].ToolCalls.Count == 0 && !PythonText.IsBlank(messages[i].Content) && !origins.Contains(Origin.Content(i)))
            {
                throw new JinjaException($"it leaves out the content of messages[{i}]");
            }
        }
    }

    private List<RenderedPart> Run(IReadOnlyList<ChatMessage> messages, IReadOnlyList<string> tools, bool addGenerationPrompt)
    {
        return template.Render(new JinjaScope(constants)
        {
            ["messages"] = ChatValues.Messages(messages),
            ["tools"] = ChatValues.Tools(tools),
            ["add_generation_prompt"] = addGenerationPrompt,
        });
    }

    /// <summary>What is the same for all conversations.</summary>
    private static JinjaScope Constants(string bos, string eos, DateOnly today)
    {
        var scope = new JinjaScope(null)
        {
            ["documents"] = null,
            ["bos_token"] = new JinjaText(bos, Origin.Template),
            ["eos_token"] = new JinjaText(eos, Origin.Template),
            ["date_string"] = new JinjaText(today.ToString("dd MMM yyyy", CultureInfo.InvariantCulture), Origin.Other),
            ["strftime_now"] = (JinjaFunction)((arguments, _) => new JinjaText(PythonText.Date(today, arguments), Origin.Other)),
        };
        JinjaGlobals.Define(scope);
        return scope;
    }

    private static JinjaText Join(List<RenderedPart> parts) => JinjaText.Join(parts.ConvertAll(part => part.Text));

    private static string NameOf(Tokenizer tokenizer, int? id) =>
        tokenizer.AddedTokens.FirstOrDefault(token => token.Id == id)?.Content ?? "";
}
