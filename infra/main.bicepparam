using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'finetune')
param location = readEnvironmentVariable('AZURE_LOCATION', 'eastus')
param trainerLocation = readEnvironmentVariable('TRAINER_LOCATION', readEnvironmentVariable('AZURE_LOCATION', 'eastus'))
param gpuProfile = {
  type: readEnvironmentVariable('TRAINER_GPU_PROFILE', 'Consumption-GPU-NC24-A100')
  cpu: int(readEnvironmentVariable('TRAINER_CPU', '24'))
  memory: readEnvironmentVariable('TRAINER_MEMORY', '220Gi')
}
param trainerImage = readEnvironmentVariable('TRAINER_IMAGE', '')
param epochTimeoutSeconds = int(readEnvironmentVariable('EPOCH_TIMEOUT_SECONDS', '86400'))
param maxTrainers = int(readEnvironmentVariable('MAX_TRAINERS', '2'))
param acceptedLicenses = readEnvironmentVariable('FINETUNE_ACCEPTED_LICENSES', '')
param dataResidency = readEnvironmentVariable('FINETUNE_DATA_RESIDENCY', '')
param privateLink = bool(readEnvironmentVariable('FINETUNE_PRIVATE_LINK', 'false'))
param storagePrivateLink = bool(readEnvironmentVariable('FINETUNE_STORAGE_PRIVATE_LINK', 'false'))
param storageFirewall = bool(readEnvironmentVariable('FINETUNE_STORAGE_FIREWALL', 'false'))
