using System.Security.Cryptography;
using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.LocalHost.Azurite;

/// <summary>An account of the emulator. The key keeps other users of the machine out.</summary>
/// <param name="Name">3 to 24 lower-case letters and digits.</param>
/// <param name="Key">Base64.</param>
public sealed record AzuriteAccount(string Name, string Key)
{
    private const int KeyBytes = 64;

    /// <summary>An account with a new random key.</summary>
    public static AzuriteAccount Create(string name) => new(name, Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));

    /// <summary>The account recorded in <paramref name="file"/>, or a new one recorded there for this user alone.</summary>
    public static AzuriteAccount LoadOrCreate(string file, string name)
    {
        if (File.Exists(file))
        {
            return WireJson.Deserialize<AzuriteAccount>(File.ReadAllText(file));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var account = Create(name);
        var partial = file + ".partial";
        File.Delete(partial);
        var onlyOwner = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            onlyOwner.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var output = new FileStream(partial, onlyOwner))
        {
            JsonSerializer.Serialize(output, account, WireJson.Indented);
        }

        File.Move(partial, file);
        return account;
    }

    public override string ToString() => Name;
}
