using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Copies an ELF library and marks its need of one symbol version as weak, so that a loader whose libraries lack that version
/// goes on. Walks DT_VERNEED as the loader does (Linux Standard Base, "Symbol Versioning"). A file without the entry, or one that is
/// no 64-bit little-endian ELF, is copied as it is. Compiled by MSBuild against .NET Standard 2.0.
/// </summary>
public sealed class WeakenVersionNeed : Task
{
    private const int ProgramHeaderLoad = 1;
    private const int ProgramHeaderDynamic = 2;
    private const long DynamicStringTable = 5;
    private const long DynamicVersionNeed = 0x6ffffffe;
    private const long DynamicVersionNeedCount = 0x6fffffff;
    private const byte FlagWeak = 0x2;

    private byte[] image = Array.Empty<byte>();

    [Required]
    public string Source { get; set; } = "";

    [Required]
    public string Destination { get; set; } = "";

    [Required]
    public string Version { get; set; } = "";

    public override bool Execute()
    {
        image = File.ReadAllBytes(Source);
        var weakened = IsElf64LittleEndian() ? Weaken() : 0;
        Log.LogMessage(MessageImportance.Low, "{0}: {1} need(s) of {2} marked weak.", Source, weakened, Version);

        // Written beside and moved, so neither an interrupted build nor a hard link to the package's file can be harmed.
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        var temporary = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, image);
        File.Delete(Destination);
        File.Move(temporary, Destination);
        return true;
    }

    private bool IsElf64LittleEndian() =>
        image.Length >= 64 && image[0] == 0x7f && image[1] == 'E' && image[2] == 'L' && image[3] == 'F' && image[4] == 2 && image[5] == 1;

    private int Weaken()
    {
        var (dynamic, size) = FindSegment(ProgramHeaderDynamic);
        long strings = -1, needs = -1, count = 0;
        for (var entry = dynamic; entry >= 0 && entry + 16 <= dynamic + size; entry += 16)
        {
            var value = Int64(entry + 8);
            switch (Int64(entry))
            {
                case DynamicStringTable: strings = OffsetOf(value); break;
                case DynamicVersionNeed: needs = OffsetOf(value); break;
                case DynamicVersionNeedCount: count = value; break;
            }
        }

        var weakened = 0;
        for (var need = needs; strings >= 0 && need >= 0 && count > 0; count--)
        {
            // Elf64_Verneed: vn_version, vn_cnt (2 bytes each), vn_file, vn_aux, vn_next (4 each).
            var versions = UInt16(need + 2);
            for (var version = need + UInt32(need + 8); versions > 0; versions--)
            {
                // Elf64_Vernaux: vna_hash (4), vna_flags, vna_other (2 each), vna_name, vna_next (4 each).
                if (IsAt(strings + UInt32(version + 8), Version))
                {
                    image[version + 4] |= FlagWeak;
                    weakened++;
                }

                version += UInt32(version + 12);
            }

            need += UInt32(need + 12);
        }

        return weakened;
    }

    private (long Offset, long Size) FindSegment(int type)
    {
        for (var i = 0; i < UInt16(56); i++)
        {
            var header = Int64(32) + ((long)i * UInt16(54));
            if (UInt32(header) == type)
            {
                return (Int64(header + 8), Int64(header + 32));
            }
        }

        return (-1, 0);
    }

    private long OffsetOf(long address)
    {
        for (var i = 0; i < UInt16(56); i++)
        {
            var header = Int64(32) + ((long)i * UInt16(54));
            var start = Int64(header + 16);
            if (UInt32(header) == ProgramHeaderLoad && address >= start && address < start + Int64(header + 32))
            {
                return address - start + Int64(header + 8);
            }
        }

        return -1;
    }

    private bool IsAt(long offset, string text)
    {
        var expected = Encoding.ASCII.GetBytes(text + "\0");
        for (var i = 0; i < expected.Length; i++)
        {
            if (offset + i >= image.Length || image[offset + i] != expected[i])
            {
                return false;
            }
        }

        return true;
    }

    private ushort UInt16(long offset) => BitConverter.ToUInt16(image, checked((int)offset));

    private uint UInt32(long offset) => BitConverter.ToUInt32(image, checked((int)offset));

    private long Int64(long offset) => BitConverter.ToInt64(image, checked((int)offset));
}
