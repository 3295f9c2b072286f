namespace FineTune.Samples;

/// <summary>What a name names; its lower-case name is the key in a response.</summary>
public enum EntityType
{
    Person,
    Organization,
    Location,
}
