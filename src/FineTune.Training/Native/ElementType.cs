namespace FineTune.Training.Native;

/// <summary>Types of a tensor's elements, as libtorch numbers them (c10/core/ScalarType.h).</summary>
internal enum ElementType
{
    UInt8 = 0,
    Int8 = 1,
    Int16 = 2,
    Int32 = 3,
    Int64 = 4,
    Single = 6,
    Double = 7,
    Boolean = 11,
    BFloat16 = 15,
    UInt64 = 27,
}
