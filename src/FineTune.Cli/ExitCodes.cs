namespace FineTune.Cli;

/// <summary>What <c>finetune</c> tells its caller.</summary>
public static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The run failed or was cancelled, the demo missed its target, the local host or the trainer could not do its work.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong, or the host refused the request.</summary>
    public const int Refused = 2;

    /// <summary>No host answers, or it answers with a failure of its own.</summary>
    public const int HostUnavailable = 3;

    /// <summary>Ended by Ctrl-C, as shells count it (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    public const string Help = "Exit codes: 0 done; 1 the run failed or was cancelled, or the demo missed its target; "
        + "2 wrong usage or refused request; 3 host unreachable; 130 interrupted.";
}
