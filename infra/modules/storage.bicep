param location string
@minLength(3)
param name string
param tags object
param appPrincipalId string
param trainerPrincipalId string

// The names are those of FineTune.Core's Containers and Queues; a test compares them. The last container holds the app's package.
var containers = ['datasets', 'runs', 'models', 'tokens', 'app-package']
// Functions moves a message that its handler cannot take to '<queue>-poison'.
var queues = ['train-epoch', 'train-epoch-poison', 'epoch-results', 'epoch-results-poison', 'uploads', 'uploads-poison']

var roles = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}
// The app: the host's own storage, Durable's queues and tables. The trainer: weights and metrics, its queue and the results.
var grants = [
  { to: 'app', principalId: appPrincipalId, role: roles.blobOwner }
  { to: 'app', principalId: appPrincipalId, role: roles.queueContributor }
  { to: 'app', principalId: appPrincipalId, role: roles.tableContributor }
  { to: 'trainer', principalId: trainerPrincipalId, role: roles.blobContributor }
  { to: 'trainer', principalId: trainerPrincipalId, role: roles.queueContributor }
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [for name in containers: {
  parent: blobs
  name: name
}]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [for name in queues: {
  parent: queueService
  name: name
}]

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for item in grants: {
  scope: account
  name: guid(account.id, item.to, item.role)
  properties: {
    principalId: item.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', item.role)
  }
}]
