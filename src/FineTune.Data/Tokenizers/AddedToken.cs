namespace FineTune.Data.Tokenizers;

/// <summary>A token with a fixed text outside the byte-pair vocabulary.</summary>
/// <param name="Special">Control token: never text; decoding may skip it.</param>
public sealed record AddedToken(int Id, string Content, bool Special);
