namespace FineTune.Training.Native;

/// <summary>The operators of ATen that kernels are made of, by what they write. Their arguments are those of native_functions.yaml, in order.</summary>
internal static class Operators
{
    public static readonly Operator Copy = new("aten::copy_"u8, ""u8);
    public static readonly Operator Zero = new("aten::zero_"u8, ""u8);

    public static readonly Operator Mm = new("aten::mm"u8, "out"u8);
    public static readonly Operator Bmm = new("aten::bmm"u8, "out"u8);
    public static readonly Operator Dot = new("aten::dot"u8, "out"u8);

    public static readonly Operator Mul = new("aten::mul"u8, "out"u8);
    public static readonly Operator Div = new("aten::div"u8, "out"u8);
    public static readonly Operator Exp = new("aten::exp"u8, "out"u8);
    public static readonly Operator Log = new("aten::log"u8, "out"u8);
    public static readonly Operator Sqrt = new("aten::sqrt"u8, "out"u8);
    public static readonly Operator Rsqrt = new("aten::rsqrt"u8, "out"u8);
    public static readonly Operator Abs = new("aten::abs"u8, "out"u8);
    public static readonly Operator Sign = new("aten::sign"u8, "out"u8);
    public static readonly Operator Floor = new("aten::floor"u8, "out"u8);
    public static readonly Operator CopySign = new("aten::copysign"u8, "out"u8);
    public static readonly Operator Minimum = new("aten::minimum"u8, "out"u8);
    public static readonly Operator Where = new("aten::where"u8, "self_out"u8);
    public static readonly Operator Less = new("aten::lt"u8, "Tensor_out"u8);
    public static readonly Operator GreaterOrEqual = new("aten::ge"u8, "Tensor_out"u8);
    public static readonly Operator MaskedFill = new("aten::masked_fill_"u8, "Tensor"u8);

    public static readonly Operator Xor = new("aten::bitwise_xor"u8, "Tensor_out"u8);
    public static readonly Operator And = new("aten::bitwise_and"u8, "Tensor_out"u8);
    public static readonly Operator ShiftRight = new("aten::bitwise_right_shift"u8, "Tensor_out"u8);

    public static readonly Operator Sum = new("aten::sum"u8, "IntList_out"u8);
    public static readonly Operator Mean = new("aten::mean"u8, "out"u8);
    public static readonly Operator Max = new("aten::amax"u8, "out"u8);
    public static readonly Operator LogSumExp = new("aten::logsumexp"u8, "out"u8);

    public static readonly Operator IndexSelect = new("aten::index_select"u8, "out"u8);
    public static readonly Operator Gather = new("aten::gather"u8, "out"u8);
    public static readonly Operator ScatterAdd = new("aten::scatter_add_"u8, ""u8);
    public static readonly Operator IndexPut = new("aten::index_put_"u8, ""u8);

    public static readonly Operator Silu = new("aten::silu"u8, "out"u8);
    public static readonly Operator SiluBackward = new("aten::silu_backward"u8, "grad_input"u8);

    public static readonly Operator FlashCpu = new("aten::_scaled_dot_product_flash_attention_for_cpu"u8, ""u8, results: 2);
    public static readonly Operator FlashCpuBackward = new("aten::_scaled_dot_product_flash_attention_for_cpu_backward"u8, ""u8, results: 3);
    public static readonly Operator Flash = new("aten::_flash_attention_forward"u8, ""u8, results: 5);
    public static readonly Operator FlashBackward = new("aten::_flash_attention_backward"u8, ""u8, results: 3);

    public static readonly Operator FusedAdamW = new("aten::_fused_adamw_"u8, ""u8, results: 0);

    /// <summary><paramref name="tensor"/> += <paramref name="alpha"/> · <paramref name="other"/>, which both belong to the call.</summary>
    public static void Add(TensorHandle tensor, TensorHandle other, float alpha) => Add(tensor, other, LibTorch.SingleScalar(alpha));

    /// <summary><paramref name="tensor"/> += <paramref name="other"/>, which both belong to the call.</summary>
    public static void Add(TensorHandle tensor, TensorHandle other) => Add(tensor, other, LibTorch.Int64Scalar(1));

    /// <summary><paramref name="tensor"/> += <paramref name="alpha"/> · <paramref name="left"/> · <paramref name="right"/>, which all belong to the call.</summary>
    public static void AddProduct(TensorHandle tensor, TensorHandle left, TensorHandle right, float alpha = 1)
    {
        using (tensor)
        using (left)
        using (right)
        {
            var scalar = LibTorch.SingleScalar(alpha);
            LibTorch.AddProduct(tensor.Value, left.Value, right.Value, scalar);
            LibTorch.DisposeScalar(scalar);
            LibTorch.CheckSharp();
        }
    }

    /// <summary><paramref name="sum"/> += <paramref name="left"/> <paramref name="right"/>, matrices which all belong to the call.</summary>
    public static void AddMm(TensorHandle sum, TensorHandle left, TensorHandle right)
    {
        using (sum)
        using (left)
        using (right)
        {
            LibTorch.Check(LibTorch.AddMmOut(sum.Value, sum.Value, left.Value, right.Value, 1, 1), "aten::addmm");
        }
    }

    private static void Add(TensorHandle tensor, TensorHandle other, nint alpha)
    {
        using (tensor)
        using (other)
        {
            LibTorch.Add(tensor.Value, other.Value, alpha);
            LibTorch.DisposeScalar(alpha);
            LibTorch.CheckSharp();
        }
    }
}
