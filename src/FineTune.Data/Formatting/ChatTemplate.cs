using System.Collections.Concurrent;
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
    private readonly ConcurrentBag<RenderedChat> rendered = [];
    private readonly byte[] generationPrompt = [];

    /// <param name="source">Jinja text.</param>
    /// <param name="today">The date that templates show, fixed when a run is created so that training is reproducible.</param>
    /// <exception cref="FaultException">The template can't be used; the message says why.</exception>
    public ChatTemplate(Tokenizer tokenizer, string source, DateOnly today)
    {
        controls = new ControlTokens(tokenizer.AddedTokens);
        var constants = Constants(NameOf(tokenizer, tokenizer.BosId), NameOf(tokenizer, tokenizer.EosId), today);
        var question = new ChatMessage(ChatRole.User, "q");
        try
        {
            template = new JinjaTemplate(source, constants, "messages", "tools", "add_generation_prompt");
            using var asked = Run(ChatValues.Of([question], []), addGenerationPrompt: false);
            using var awaiting = Run(ChatValues.Of([question], []), addGenerationPrompt: true);
            generationPrompt = awaiting.Output.Text.StartsWith(asked.Output.Text) ? awaiting.Output.Text[asked.Output.Text.Length..].ToArray() : [];
            Render(ChatValues.Of([question, new ChatMessage(ChatRole.Assistant, "a")], [])).Dispose();
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

    /// <summary>The conversation; dispose it.</summary>
    /// <exception cref="JinjaException">The template refuses the conversation, or leaves a part of it out.</exception>
    internal RenderedChat Render(TemplateInput input, bool addGenerationPrompt = false)
    {
        var chat = Run(input, addGenerationPrompt);
        RequireWhole(chat.Output, input);
        controls.Find(chat.Output, chat.Controls);
        chat.Trained.Clear();
        for (var i = 0; i < input.Messages.Count; i++)
        {
            if (input.Messages[i].IsTrained)
            {
                chat.Trained.Add(TrainedRange(i, chat));
            }
        }

        ControlTokens.Cut(chat);
        return chat;
    }

    private (int Start, int End) TrainedRange(int index, RenderedChat chat)
    {
        var message = chat.Output.Messages[index];
        var (start, end) = (message.Start, message.End);
        if (start < 0)
        {
            throw new JinjaException($"it gives messages[{index}], an assistant's, no turn of its own");
        }

        if (chat.Output.Text[start..end].StartsWith(generationPrompt))
        {
            start += generationPrompt.Length;
        }
        else if (message.First >= 0)
        {
            start = message.First;
        }

        var last = chat.Controls.Count - 1;
        while (last >= 0 && chat.Controls[last].End > end)
        {
            last--;
        }

        return (start, last >= 0 && chat.Controls[last].Start >= start ? chat.Controls[last].End : end);
    }

    /// <summary>Templates leave out what they don't know of; then the model would learn from something else than what was written.</summary>
    private static void RequireWhole(RenderedOutput output, TemplateInput input)
    {
        if (input.Tools is not null && !output.HasTools)
        {
            throw new JinjaException("it leaves out the definitions of tools");
        }

        for (var i = 0; i < input.Messages.Count; i++)
        {
            var (message, rendered) = (input.Messages[i], output.Messages[i]);
            if (message.HasCalls && !rendered.HasCalls)
            {
                throw new JinjaException($"it leaves out the tool calls of messages[{i}]");
            }

            if (!message.HasCalls && !rendered.HasContent && !message.Content.IsBlank)
            {
                throw new JinjaException($"it leaves out the content of messages[{i}]");
            }
        }
    }

    private RenderedChat Run(TemplateInput input, bool addGenerationPrompt)
    {
        var chat = rendered.TryTake(out var used) ? used : new RenderedChat(rendered.Add);
        chat.Output.Begin(input.Messages.Count);
        var messages = new object?[input.Messages.Count];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = input.Messages[i].Value;
        }

        template.Render(chat.Output, new JinjaList(messages, Origin.Other), input.Tools, JinjaValues.Truth(addGenerationPrompt));
        chat.Output.End();
        return chat;
    }

    /// <summary>What is the same for all conversations.</summary>
    private static Dictionary<string, object?> Constants(string bos, string eos, DateOnly today)
    {
        var names = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["documents"] = null,
            ["bos_token"] = new JinjaText(bos, Origin.Template),
            ["eos_token"] = new JinjaText(eos, Origin.Template),
            ["date_string"] = new JinjaText(today.ToString("dd MMM yyyy", CultureInfo.InvariantCulture), Origin.Other),
            ["strftime_now"] = (JinjaFunction)((arguments, _) => new JinjaText(PythonText.Date(today, arguments), Origin.Other)),
        };
        JinjaGlobals.Define(names);
        return names;
    }

    private static string NameOf(Tokenizer tokenizer, int? id) =>
        tokenizer.AddedTokens.FirstOrDefault(token => token.Id == id)?.Content ?? "";
}
