namespace FineTune.Data.Formatting.Jinja;

/// <summary>How a statement ends.</summary>
internal enum Flow
{
    Goes,
    Continues,
    Breaks,
}

/// <summary>Runs statements.</summary>
internal delegate Flow Execution(JinjaFrame frame);

/// <summary>Makes functions of the statements of one scope; see <see cref="ExpressionCompiler"/>.</summary>
internal sealed class StatementCompiler(ScopeLayout scope, IReadOnlyDictionary<string, object?> constants)
{
    private readonly ExpressionCompiler expressions = new(scope, constants);

    public Execution Compile(IReadOnlyList<Statement> statements)
    {
        var executions = statements.Select(Compile).ToArray();
        return frame =>
        {
            foreach (var execution in executions)
            {
                frame.Run.Step(1);
                var flow = execution(frame);
                if (flow != Flow.Goes)
                {
                    return flow;
                }
            }

            return Flow.Goes;
        };
    }

    private Execution Compile(Statement statement) => statement switch
    {
        Statement.Output shown => Output(Value(shown.Value)),
        Statement.If choice => If([.. choice.Branches.Select(branch => (branch.Condition is null ? null : Condition(branch.Condition), Compile(branch.Body)))]),
        Statement.For loop => For(loop),
        Statement.Set { Value: { } value } assignment => Set(assignment, Value(value)),
        Statement.Set assignment => Set(assignment, Captured(assignment.Body)),
        Statement.Macro macro => Macro(macro),
        Statement.Jump { Ends: true } => _ => Flow.Breaks,
        Statement.Jump => _ => Flow.Continues,
        Statement.Block block => Compile(block.Body),
        _ => throw new JinjaException($"{statement.GetType().Name} can't be run"),
    };

    private static Execution Output(Evaluation value) => frame =>
    {
        frame.Run.Write(JinjaValues.Print(value(frame)));
        return Flow.Goes;
    };

    private static Execution If((Condition? Condition, Execution Body)[] branches) => frame =>
    {
        foreach (var (condition, body) in branches)
        {
            if (condition is null || condition(frame))
            {
                return body(frame);
            }
        }

        return Flow.Goes;
    };

    private Execution For(Statement.For loop)
    {
        var inner = new ScopeLayout(scope, [.. loop.Names, "loop"], loop.Body);
        var (source, body, bind) = (Value(loop.Source), new StatementCompiler(inner, constants).Compile(loop.Body), Binding(loop.Names, inner));
        var (otherwise, place) = (Scoped(loop.Otherwise), inner.PlaceOf("loop"));
        var chosen = loop.Condition is null ? null : Choice(loop.Names, loop.Condition);
        return frame =>
        {
            var items = JinjaValues.Iterate(source(frame));
            items = chosen is null ? items : [.. items.Where(item => chosen(item, frame))];
            if (items.Count == 0)
            {
                otherwise(frame);
                return Flow.Goes;
            }

            var outerMessage = frame.Run.Message;
            var flow = Flow.Goes;
            for (var i = 0; i < items.Count && flow != Flow.Breaks; i++)
            {
                frame.Run.Step(1);
                var turn = new JinjaFrame(frame.Run, frame, inner) { [place] = new JinjaLoop(items, i) };
                bind(items[i], turn);
                frame.Run.Message = items[i] is JinjaMap { Message: { } index } ? index : outerMessage;
                flow = body(turn);
                frame.Run.Message = outerMessage;
            }

            return Flow.Goes;
        };
    }

    /// <summary>Whether an item takes part in a loop.</summary>
    private Func<object?, JinjaFrame, bool> Choice(IReadOnlyList<string> names, Expression condition)
    {
        var filtered = new ScopeLayout(scope, names, []);
        var (holds, bind) = (new StatementCompiler(filtered, constants).Condition(condition), Binding(names, filtered));
        return (item, frame) =>
        {
            var inner = new JinjaFrame(frame.Run, frame, filtered);
            bind(item, inner);
            return holds(inner);
        };
    }

    private Execution Set(Statement.Set assignment, Evaluation value)
    {
        if (assignment.Member is not { } member)
        {
            var bind = Binding(assignment.Names, scope);
            return frame =>
            {
                bind(value(frame), frame);
                return Flow.Goes;
            };
        }

        var target = expressions.Compile(new Expression.Name(assignment.Names[0]));
        return frame =>
        {
            var assigned = value(frame);
            (target(frame) is JinjaMap { IsNamespace: true } space
                ? space
                : throw new JinjaException($"'{assignment.Names[0]}' isn't a namespace, and only their members can be set"))[member] = assigned;
            return Flow.Goes;
        };
    }

    private Evaluation Captured(IReadOnlyList<Statement> statements)
    {
        var body = Scoped(statements);
        return frame => frame.Run.Capture(body, frame);
    }

    private Execution Macro(Statement.Macro macro)
    {
        var inner = new ScopeLayout(scope, macro.Parameters.Select(parameter => parameter.Name), macro.Body);
        var compiler = new StatementCompiler(inner, constants);
        var parameters = macro.Parameters
            .Select(parameter => (parameter.Name, Place: inner.PlaceOf(parameter.Name), Default: parameter.Default is null ? null : compiler.Value(parameter.Default)))
            .ToArray();
        var (body, own) = (compiler.Compile(macro.Body), scope.PlaceOf(macro.Identifier));
        return frame =>
        {
            frame[own] = (JinjaFunction)((positional, named) =>
            {
                frame.Run.Step(1);
                var called = new JinjaFrame(frame.Run, frame, inner);
                for (var i = 0; i < parameters.Length; i++)
                {
                    var (name, place, otherwise) = parameters[i];
                    called[place] = i < positional.Count ? positional[i]
                        : named.TryGetValue(name, out var value) ? value
                        : otherwise is null ? Undefined.Value : otherwise(called);
                }

                return frame.Run.Call(macro.Identifier, body, called);
            });
            return Flow.Goes;
        };
    }

    /// <summary>Statements in a scope of their own.</summary>
    private Execution Scoped(IReadOnlyList<Statement> statements)
    {
        var inner = new ScopeLayout(scope, [], statements);
        var body = new StatementCompiler(inner, constants).Compile(statements);
        return frame => body(new JinjaFrame(frame.Run, frame, inner));
    }

    /// <summary>Assigns a value to a name, or its parts to several.</summary>
    private static Action<object?, JinjaFrame> Binding(IReadOnlyList<string> names, ScopeLayout scope)
    {
        var places = names.Select(scope.PlaceOf).ToArray();
        if (places is [var only])
        {
            return (value, frame) => frame[only] = value;
        }

        return (value, frame) =>
        {
            var parts = JinjaValues.Iterate(value);
            if (parts.Count != places.Length)
            {
                throw new JinjaException($"{parts.Count} values can't be assigned to {places.Length} names");
            }

            for (var i = 0; i < places.Length; i++)
            {
                frame[places[i]] = parts[i];
            }
        };
    }

    private Evaluation Value(Expression expression)
    {
        var before = expressions.Compiled;
        var value = expressions.Compile(expression);
        var steps = expressions.Compiled - before;
        return frame =>
        {
            frame.Run.Step(steps);
            return value(frame);
        };
    }

    private Condition Condition(Expression expression)
    {
        var before = expressions.Compiled;
        var condition = expressions.CompileCondition(expression);
        var steps = expressions.Compiled - before;
        return frame =>
        {
            frame.Run.Step(steps);
            return condition(frame);
        };
    }
}
