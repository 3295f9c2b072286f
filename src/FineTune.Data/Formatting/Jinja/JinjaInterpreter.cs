namespace FineTune.Data.Formatting.Jinja;

/// <summary>Runs the statements of a template. Steps and output are bounded, so that no template runs for ever.</summary>
internal sealed class JinjaInterpreter
{
    private const int MaximumDepth = 50;
    private const long MaximumSteps = 20_000_000;
    private const long MaximumOutput = 512L << 20;

    private readonly JinjaEvaluator evaluator = new();
    private List<RenderedPart> output = [];
    private int? message;
    private int depth;
    private long steps;
    private long written;

    private enum Flow
    {
        Goes,
        Continues,
        Breaks,
    }

    public List<RenderedPart> Output => output;

    public void Run(IReadOnlyList<Statement> statements, JinjaScope scope) => RunAll(statements, scope);

    private Flow RunAll(IReadOnlyList<Statement> statements, JinjaScope scope)
    {
        for (var i = 0; i < statements.Count; i++)
        {
            if (++steps > MaximumSteps)
            {
                throw new JinjaException("it takes too many steps");
            }

            var flow = RunOne(statements[i], scope);
            if (flow != Flow.Goes)
            {
                return flow;
            }
        }

        return Flow.Goes;
    }

    private Flow RunOne(Statement statement, JinjaScope scope)
    {
        switch (statement)
        {
            case Statement.Output shown:
                Write(JinjaValues.Print(evaluator.Evaluate(shown.Value, scope)));
                return Flow.Goes;
            case Statement.If choice:
                return RunChoice(choice, scope);
            case Statement.For loop:
                RunLoop(loop, scope);
                return Flow.Goes;
            case Statement.Set assignment:
                Assign(assignment, scope);
                return Flow.Goes;
            case Statement.Macro macro:
                scope[macro.Identifier] = (JinjaFunction)((positional, named) => Call(macro, positional, named, scope));
                return Flow.Goes;
            case Statement.Jump jump:
                return jump.Ends ? Flow.Breaks : Flow.Continues;
            case Statement.Block block:
                return RunAll(block.Body, scope);
            default:
                throw new JinjaException($"{statement.GetType().Name} can't be run");
        }
    }

    private Flow RunChoice(Statement.If choice, JinjaScope scope)
    {
        for (var i = 0; i < choice.Branches.Count; i++)
        {
            var (condition, body) = choice.Branches[i];
            if (condition is null || JinjaValues.IsTrue(evaluator.Evaluate(condition, scope)))
            {
                return RunAll(body, scope);
            }
        }

        return Flow.Goes;
    }

    private void Write(JinjaText text)
    {
        written += text.Value.Length;
        if (written > MaximumOutput)
        {
            throw new JinjaException("its output is too long");
        }

        output.Add(new RenderedPart(text, message));
    }

    private void RunLoop(Statement.For loop, JinjaScope scope)
    {
        var items = JinjaValues.Iterate(evaluator.Evaluate(loop.Source, scope));
        if (loop.Condition is { } condition)
        {
            items = [.. items.Where(item =>
            {
                var filtered = new JinjaScope(scope);
                Bind(loop.Names, item, filtered);
                return JinjaValues.IsTrue(evaluator.Evaluate(condition, filtered));
            })];
        }

        if (items.Count == 0)
        {
            RunAll(loop.Otherwise, new JinjaScope(scope));
            return;
        }

        var outerMessage = message;
        for (var i = 0; i < items.Count; i++)
        {
            var at = i;
            var inner = new JinjaScope(scope) { ["loop"] = new JinjaMap(Origin.Template, map => Describe(map, items, at)) };
            Bind(loop.Names, items[i], inner);
            message = items[i] is JinjaMap { Message: { } index } ? index : outerMessage;
            var flow = RunAll(loop.Body, inner);
            message = outerMessage;
            if (flow == Flow.Breaks)
            {
                break;
            }
        }
    }

    private static void Describe(JinjaMap loop, IReadOnlyList<object?> items, int index)
    {
        loop["index0"] = (long)index;
        loop["index"] = index + 1L;
        loop["first"] = index == 0;
        loop["last"] = index == items.Count - 1;
        loop["length"] = (long)items.Count;
        loop["revindex"] = (long)(items.Count - index);
        loop["revindex0"] = items.Count - index - 1L;
        loop["previtem"] = index > 0 ? items[index - 1] : Undefined.Value;
        loop["nextitem"] = index + 1 < items.Count ? items[index + 1] : Undefined.Value;
    }

    private static void Bind(IReadOnlyList<string> names, object? value, JinjaScope scope)
    {
        if (names.Count == 1)
        {
            scope[names[0]] = value;
            return;
        }

        var parts = JinjaValues.Iterate(value);
        if (parts.Count != names.Count)
        {
            throw new JinjaException($"{parts.Count} values can't be assigned to {names.Count} names");
        }

        for (var i = 0; i < names.Count; i++)
        {
            scope[names[i]] = parts[i];
        }
    }

    private void Assign(Statement.Set assignment, JinjaScope scope)
    {
        var value = assignment.Value is { } expression ? evaluator.Evaluate(expression, scope) : Capture(assignment.Body, scope);
        if (assignment.Member is not { } member)
        {
            Bind(assignment.Names, value, scope);
        }
        else if (scope[assignment.Names[0]] is JinjaMap { IsNamespace: true } target)
        {
            target[member] = value;
        }
        else
        {
            throw new JinjaException($"'{assignment.Names[0]}' isn't a namespace, and only their members can be set");
        }
    }

    private JinjaText Capture(IReadOnlyList<Statement> body, JinjaScope scope)
    {
        var outer = output;
        output = [];
        RunAll(body, new JinjaScope(scope));
        var captured = JinjaText.Join(output.ConvertAll(part => part.Text));
        output = outer;
        return captured;
    }

    private JinjaText Call(
        Statement.Macro macro, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named, JinjaScope scope)
    {
        if (++depth > MaximumDepth)
        {
            throw new JinjaException($"the macro '{macro.Identifier}' calls itself too often");
        }

        var inner = new JinjaScope(scope);
        for (var i = 0; i < macro.Parameters.Count; i++)
        {
            var (name, otherwise) = macro.Parameters[i];
            inner[name] = i < positional.Count ? positional[i]
                : named.TryGetValue(name, out var value) ? value
                : otherwise is null ? Undefined.Value : evaluator.Evaluate(otherwise, inner);
        }

        var result = Capture(macro.Body, inner);
        depth--;
        return result;
    }
}
