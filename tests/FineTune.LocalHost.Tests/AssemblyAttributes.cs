using System.Runtime.Versioning;

// The children of these tests are shell scripts.
[assembly: UnsupportedOSPlatform("windows")]
