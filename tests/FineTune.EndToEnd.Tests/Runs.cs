using System.Net;
using System.Net.Http.Json;
using FineTune.Api.Datasets;
using FineTune.Api.Models;
using FineTune.Api.Runs;
using FineTune.Core.Artifacts;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.EndToEnd.Tests;

/// <summary>What a user does with runs, over HTTP.</summary>
public static class Runs
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public static async Task<string> UploadAsync(this HostProcess host, string path, string content)
    {
        using var response = await host.Http.PutAsync($"api/datasets/{path}", new StringContent(content));
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<UploadedFile>(WireJson.Options))!.Path;
    }

    /// <param name="key">Makes all requests with it one run.</param>
    public static async Task<CreatedRun> CreateAsync(this HostProcess host, RunRequest request, string? key = null)
    {
        using var post = new HttpRequestMessage(HttpMethod.Post, "api/runs") { Content = JsonContent.Create(request, options: WireJson.Options) };
        if (key is not null)
        {
            post.Headers.Add("Idempotency-Key", key);
        }

        using var response = await host.Http.SendAsync(post);
        if (response.StatusCode >= HttpStatusCode.InternalServerError)
        {
            response.EnsureSuccessStatusCode();
        }

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var created = (await response.Content.ReadFromJsonAsync<CreatedRun>(WireJson.Options))!;
        Assert.Equal($"/api/runs/{created.Id}", response.Headers.Location!.ToString());
        return created;
    }

    public static Task<RunView> GetRunAsync(this HostProcess host, string id) => host.GetAsync<RunView>($"api/runs/{id}");

    /// <summary>Looks at the run until <paramref name="done"/>; fails when that takes longer than anything here should.</summary>
    public static async Task<RunView> UntilAsync(this HostProcess host, string id, Func<RunView, bool> done)
    {
        using var deadline = new CancellationTokenSource(Limit);
        using var timer = new PeriodicTimer(Look);
        while (true)
        {
            var run = await host.GetRunAsync(id);
            if (done(run))
            {
                return run;
            }

            Assert.False(run.Status.HasEnded(), $"The run ended as {run.Status}: {run.Details}");
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    public static Task<RunView> UntilCompletedAsync(this HostProcess host, string id) =>
        host.UntilAsync(id, run => run.Status == RunStatus.Completed);

    /// <summary>SHA-256 by file name of the registered version a run made.</summary>
    public static async Task<Dictionary<string, string>> RegisteredFilesAsync(this HostProcess host, string runId)
    {
        var versions = await host.GetAsync<List<RegisteredVersionView>>("api/registered-models");
        var made = Assert.Single(versions, version => version.RunId == runId);
        var files = await host.GetAsync<List<ArtifactFile>>($"api/registered-models/{made.Name}/{made.Version}/files");
        return files.ToDictionary(file => file.Name, file => file.Sha256);
    }
}
