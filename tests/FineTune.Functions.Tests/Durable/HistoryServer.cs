using DurableTask.Core;
using Grpc.Core;
using Microsoft.DurableTask.Protobuf;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FineTune.Functions.Tests.Durable;

/// <summary>Durable Task's in-process server, which answers with the history of instances too.</summary>
internal sealed class HistoryServer(
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers,
    ObservedOrchestrationService service,
    IOptions<TaskHubGrpcServerOptions> options) : TaskHubGrpcServer(lifetime, loggers, service, service, options)
{
    public override async Task StreamInstanceHistory(
        StreamInstanceHistoryRequest request, IServerStreamWriter<HistoryChunk> responseStream, ServerCallContext context)
    {
        if (request.ForWorkItemProcessing)
        {
            await base.StreamInstanceHistory(request, responseStream, context);
            return;
        }

        if (service.HistoryOf(request.InstanceId) is not { } history
            || await ((IOrchestrationServiceClient)service).GetOrchestrationStateAsync(request.InstanceId, null) is null)
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no instance '{request.InstanceId}'."));
        }

        await responseStream.WriteAsync(new HistoryChunk { Events = { history.Select(ProtobufUtils.ToHistoryEventProto) } });
    }
}
