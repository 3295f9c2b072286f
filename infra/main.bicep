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

@description('Regions or geographies besides the service\'s own in which data may be processed, separated by commas; the trainers\' must be among them.')
param dataResidency string

@description('The service is reached by Private Link only; works in eastus2.')
param privateLink bool

@description('The storage account is reached by Private Link only.')
param storagePrivateLink bool

@description('The storage account has a firewall.')
param storageFirewall bool

var regions = loadJsonContent('../src/FineTune.Core/Regions/regions.json')
var gpu = first(filter(regions.gpus, item => item.profile == gpuProfile.type))
var offered = gpu == null || contains(gpu!.regions, trainerLocation)
var checkedTrainerLocation = offered
  ? trainerLocation
  : fail('${gpuProfile.type} is not offered in ${trainerLocation}. Set TRAINER_LOCATION to one of: ${join(gpu!.regions, ', ')}')

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
  params: { location: checkedTrainerLocation, suffix: suffix, tags: tags, trainerPrincipalId: identity.outputs.trainer.principalId }
}

module functions 'modules/functions.bicep' = {
  scope: group
  dependsOn: [storage, monitoring]
  params: {
    location: location, suffix: suffix, tags: tags, identity: identity.outputs.app, storageName: storageName
    insightsName: insightsName
    settings: {
      FINETUNE_ACCEPTED_LICENSES: acceptedLicenses
      FINETUNE_TRAINER_REGION: checkedTrainerLocation
      FINETUNE_GPU_PROFILE: gpuProfile.type
      FINETUNE_DATA_RESIDENCY: dataResidency
      FINETUNE_PRIVATE_LINK: string(privateLink)
      FINETUNE_STORAGE_PRIVATE_LINK: string(storagePrivateLink)
      FINETUNE_STORAGE_FIREWALL: string(storageFirewall)
    }
  }
}

module trainer 'modules/trainer.bicep' = {
  scope: group
  params: {
    location: checkedTrainerLocation, suffix: suffix, tags: tags, identity: identity.outputs.trainer
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
