using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FineTune.Training.Native;

/// <summary>An operator of ATen, called through libtorch's dispatcher for whatever device its tensors are on.</summary>
/// <param name="name">E.g. <c>aten::mm</c>; with <paramref name="overload"/> a UTF-8 literal, which is null-terminated and never moves.</param>
/// <param name="results">Tensors it returns.</param>
internal readonly unsafe struct Operator(ReadOnlySpan<byte> name, ReadOnlySpan<byte> overload, int results = 1)
{
    private const int MaxWords = 20;

    private readonly byte* name = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(name));
    private readonly byte* overload = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(overload));
    private readonly int results = results;

    /// <summary>Runs it for what it writes to; tensors among the arguments belong to it.</summary>
    public void Run(params ReadOnlySpan<ulong> arguments)
    {
        var words = stackalloc ulong[MaxWords];
        Call(arguments, words);
        for (var i = 0; i < results; i++)
        {
            new TensorHandle((nint)words[i]).Dispose();
        }
    }

    /// <summary>Runs it for the tensors it returns, which are the caller's.</summary>
    public void Make(Span<TensorHandle> made, params ReadOnlySpan<ulong> arguments)
    {
        var words = stackalloc ulong[MaxWords];
        Call(arguments, words);
        for (var i = 0; i < results; i++)
        {
            made[i] = new TensorHandle((nint)words[i]);
        }
    }

    private void Call(ReadOnlySpan<ulong> arguments, ulong* words)
    {
        arguments.CopyTo(new Span<ulong>(words, MaxWords));
        if (LibTorch.Dispatch(name, overload, words, LibTorch.ShimVersion) != 0)
        {
            LibTorch.Check(1, Marshal.PtrToStringUTF8((nint)name)!);
        }
    }
}

/// <summary>Arguments of an <see cref="Operator"/> that are not tensors.</summary>
internal static unsafe class Word
{
    public const ulong None = 0;
    public const ulong True = 1;
    public const ulong False = 0;

    public static ulong Of(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>libtorch frees the word with C++ delete, which is free for a scalar in its C library.</summary>
    public static ulong Optional(ulong word)
    {
        var heap = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *heap = word;
        return (ulong)heap;
    }

    /// <summary>Of numbers, or of tensors, which belong to the operator.</summary>
    public static ulong List(params ReadOnlySpan<ulong> items)
    {
        LibTorch.Check(LibTorch.NewList((nuint)items.Length, out var list), "a list");
        foreach (var item in items)
        {
            LibTorch.Check(LibTorch.PushBack(list, item), "a list");
        }

        return (ulong)list;
    }
}
