using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>Cross-entropy in place of the logits.</summary>
internal sealed unsafe class TorchLoss(TorchScope scope)
{
    public void CrossEntropy(Matrix logits, int* labels, float scale, float* losses)
    {
        var rows = logits.Rows;
        var (highest, ofLabel, sum) = Exponentiate(logits, labels);
        Losses(highest, ofLabel, sum, losses);

        Operators.Div.Run(TensorHandle.Of(scale), scope.View(sum), scope.View(sum));
        Operators.Mul.Run(scope.View(logits), scope.View(sum), scope.View(logits));

        // One entry a row, so the order does not matter.
        Operators.Zero.Run(scope.View(ofLabel));
        Operators.Add(scope.View(ofLabel), TensorHandle.Of(-scale));
        Operators.ScatterAdd.Run(scope.View(logits), 1, scope.Indices(labels, rows, 1), scope.View(ofLabel));
    }

    public void Score(Matrix logits, int* labels, float* losses, int* hits)
    {
        var (highest, ofLabel, sum) = Exponentiate(logits, labels);
        var hit = scope.Scratch(3, logits.Rows, 1);
        Operators.GreaterOrEqual.Run(scope.View(ofLabel), scope.View(highest), scope.View(hit.Data, ElementType.Boolean, [logits.Rows, 1], [1, 1]));
        TorchScope.Download(scope.Flat(hit.Data, logits.Rows, ElementType.Boolean), hits, ElementType.Int32, logits.Rows);
        Losses(highest, ofLabel, sum, losses);
    }

    /// <summary>Leaves exp(logit - highest); returns each row's highest logit, that of its label, and the sum of what is left [rows, 1].</summary>
    private (Matrix Highest, Matrix OfLabel, Matrix Sum) Exponentiate(Matrix logits, int* labels)
    {
        var rows = logits.Rows;
        var (highest, ofLabel, sum) = (scope.Scratch(0, rows, 1), scope.Scratch(1, rows, 1), scope.Scratch(2, rows, 1));
        Operators.Max.Run(scope.View(logits), Word.List(1), Word.True, scope.View(highest));
        Operators.Gather.Run(scope.View(logits), 1, scope.Indices(labels, rows, 1), Word.False, scope.View(ofLabel));
        Operators.Add(scope.View(logits), scope.View(highest), -1);
        Operators.Exp.Run(scope.View(logits), scope.View(logits));
        Operators.Sum.Run(scope.View(logits), Word.Optional(Word.List(1)), Word.True, Word.None, scope.View(sum));
        return (highest, ofLabel, sum);
    }

    private void Losses(Matrix highest, Matrix ofLabel, Matrix sum, float* losses)
    {
        var rows = highest.Rows;
        var loss = scope.Scratch(3, rows, 1);
        Operators.Log.Run(scope.View(sum), scope.View(loss));
        Operators.Add(scope.View(highest), scope.View(ofLabel), -1);
        Operators.Add(scope.View(loss), scope.View(highest));
        TorchScope.Download(scope.Flat(loss.Data, rows), losses, ElementType.Single, rows);
    }
}
