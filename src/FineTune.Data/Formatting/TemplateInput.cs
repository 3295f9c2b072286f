using FineTune.Data.Formatting.Jinja;

namespace FineTune.Data.Formatting;

/// <summary>A conversation as a template is given it.</summary>
/// <param name="Tools">Null, as in transformers, when there are none.</param>
internal sealed record TemplateInput(IReadOnlyList<TemplateMessage> Messages, JinjaList? Tools);

/// <summary>A message as a template is given it, and what it must make of it.</summary>
/// <param name="IsTrained">Whether it is an assistant's that carries loss.</param>
/// <param name="HasCalls">Whether it calls tools.</param>
internal readonly record struct TemplateMessage(JinjaMap Value, JinjaText Content, bool IsTrained, bool HasCalls);
