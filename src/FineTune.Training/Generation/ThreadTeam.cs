namespace FineTune.Training.Generation;

/// <summary>
/// Threads that do one piece of work together, over and over. Between its phases they meet without sleeping: what happens there takes
/// microseconds, less than waking a thread.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    private readonly Action<int> work;
    private readonly SemaphoreSlim go = new(0);
    private readonly Thread[] others;
    private int arrived;
    private int finished;
    private volatile bool ended;

    /// <param name="work">Called on every member with its number, from 0; must not throw.</param>
    public ThreadTeam(int members, Action<int> work)
    {
        this.work = work;
        others = [.. Enumerable.Range(1, members - 1).Select(member => new Thread(() => Serve(member)) { IsBackground = true, Name = "decoder" })];
        Array.ForEach(others, thread => thread.Start());
    }

    public int Members => others.Length + 1;

    /// <summary>Does the work once on all members, the caller being the first.</summary>
    public void Run()
    {
        (arrived, finished) = (0, 0);
        if (others.Length > 0)
        {
            go.Release(others.Length);
        }

        work(0);
        Wait(ref finished, others.Length);
    }

    /// <summary>Waits within the work until all members have come to meeting number <paramref name="meeting"/>, from 1.</summary>
    public void Meet(int meeting)
    {
        Interlocked.Increment(ref arrived);
        Wait(ref arrived, meeting * Members);
    }

    public void Dispose()
    {
        ended = true;
        if (others.Length > 0)
        {
            go.Release(others.Length);
        }

        Array.ForEach(others, thread => thread.Join());
        go.Dispose();
    }

    private static void Wait(ref int counter, int target)
    {
        var spinner = default(SpinWait);
        while (Volatile.Read(ref counter) < target)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void Serve(int member)
    {
        for (go.Wait(); !ended; go.Wait())
        {
            work(member);
            Interlocked.Increment(ref finished);
        }
    }
}
