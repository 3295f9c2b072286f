import { identityInfo } from 'types.bicep'

param location string
@minLength(13)
param suffix string
param tags object
param identity identityInfo
param storageName string
param registryServer string
param workspaceId string
param gpuProfile { type: string, cpu: int, memory: string }
param image string
param epochTimeoutSeconds int
param maxTrainers int

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-${suffix}'
  location: location
  tags: tags
  properties: {
    appLogsConfiguration: { destination: 'azure-monitor' }
    // A GPU profile must be declared with its environment; it cannot be added later by the command line.
    workloadProfiles: [{ name: 'gpu', workloadProfileType: gpuProfile.type }]
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: environment
  name: 'logs'
  properties: { workspaceId: workspaceId, logs: [{ categoryGroup: 'allLogs', enabled: true }] }
}

resource job 'Microsoft.App/jobs@2025-01-01' = {
  name: 'job-trainer-${suffix}'
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'gpu'
    configuration: {
      triggerType: 'Event'
      replicaTimeout: epochTimeoutSeconds
      // A failed epoch is tried again through the queue, in one place.
      replicaRetryLimit: 0
      registries: [{ server: registryServer, identity: identity.id }]
      eventTriggerConfig: {
        scale: {
          maxExecutions: maxTrainers
          pollingInterval: 30
          rules: [
            {
              name: 'train-epoch'
              type: 'azure-queue'
              identity: identity.id
              // One execution a message, counting messages in work: the trainer deletes its message last.
              metadata: { accountName: storageName, queueName: 'train-epoch', queueLength: '1', queueLengthStrategy: 'all' }
            }
          ]
        }
      }
    }
    template: {
      containers: [
        {
          name: 'trainer'
          image: empty(image) ? 'mcr.microsoft.com/k8se/quickstart-jobs:latest' : image
          // The image's entry point is the trainer. An execution whose message another one took finds the queue empty, and ends.
          args: ['work', '--once']
          resources: { cpu: gpuProfile.cpu, memory: gpuProfile.memory }
          env: [
            { name: 'AzureWebJobsStorage__accountName', value: storageName }
            { name: 'AzureWebJobsStorage__clientId', value: identity.clientId }
          ]
        }
      ]
    }
  }
}

output jobName string = job.name
