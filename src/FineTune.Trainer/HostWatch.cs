namespace FineTune.Trainer;

/// <summary>
/// Ends this process when the host that started it is gone. Set <c>FINETUNE_EXIT_WITH_INPUT=1</c> where standard input is a pipe the host
/// holds open: it closes however the host ends.
/// </summary>
public static class HostWatch
{
    public static void Start(Action onHostGone)
    {
        if (Environment.GetEnvironmentVariable("FINETUNE_EXIT_WITH_INPUT") != "1")
        {
            return;
        }

        var thread = new Thread(() =>
        {
            while (Console.In.Read() >= 0)
            {
                // Nothing is ever written; only the end matters.
            }

            onHostGone();
        })
        {
            IsBackground = true,
            Name = "host watch",
        };
        thread.Start();
    }
}
