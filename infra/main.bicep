targetScope = 'subscription'

@description('Name of the deployment; part of every resource name.')
param environmentName string

@description('Region of the service. Runs are refused elsewhere.')
@allowed(['centralus', 'eastus', 'eastus2', 'northcentralus', 'westus'])
param location string

@description('Region of the GPU. It may differ: not every region above has serverless GPUs, and quota is per region.')
param trainerLocation string

@description('Workload profile of the trainer, with the CPU and memory of a whole node.')
param gpuProfile { type: string, cpu: int, memory: string }

@description('Trainer image in the registry. Empty until the first image is pushed.')
param trainerImage string

@description('Longest time one epoch may take, in seconds.')
param epochTimeoutSeconds int

@description('Most epochs trained at once: one GPU node each.')
param maxTrainers int

@description('Models or licences the operator accepts for every run, separated by commas.')
param acceptedLicenses string

var suffix = uniqueString(subscription().id, environmentName, location)
var storageName = 'st${suffix}'
var insightsName = 'appi-${suffix}'
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { location: location, suffix: suffix, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: location, suffix: suffix, tags: tags, insightsName: insightsName
    appPrincipalId: identity.outputs.app.principalId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: storageName, location: location, tags: tags, appPrincipalId: identity.outputs.app.principalId
    trainerPrincipalId: identity.outputs.trainer.principalId
  }
}

module registry 'modules/registry.bicep' = {
  scope: group
  params: { location: trainerLocation, suffix: suffix, tags: tags, trainerPrincipalId: identity.outputs.trainer.principalId }
}

module functions 'modules/functions.bicep' = {
  scope: group
  dependsOn: [storage, monitoring]
  params: {
    location: location, suffix: suffix, tags: tags, identity: identity.outputs.app, storageName: storageName
    insightsName: insightsName, acceptedLicenses: acceptedLicenses
  }
}

module trainer 'modules/trainer.bicep' = {
  scope: group
  params: {
    location: trainerLocation, suffix: suffix, tags: tags, identity: identity.outputs.trainer
    storageName: storageName, registryServer: registry.outputs.server, workspaceId: monitoring.outputs.workspaceId
    gpuProfile: gpuProfile, image: trainerImage, epochTimeoutSeconds: epochTimeoutSeconds
    maxTrainers: maxTrainers
  }
}

module events 'modules/events.bicep' = {
  scope: group
  dependsOn: [storage]
  params: { location: location, suffix: suffix, tags: tags, storageName: storageName }
}

output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_NAME string = registry.outputs.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.server
output TRAINER_JOB_NAME string = trainer.outputs.jobName
output FINETUNE_URL string = functions.outputs.url
output STORAGE_ACCOUNT_NAME string = storageName
