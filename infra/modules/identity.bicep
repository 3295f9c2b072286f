import { identityInfo } from 'types.bicep'

param location string
@minLength(13)
param suffix string
param tags object

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-app-${suffix}'
  location: location
  tags: tags
}

resource trainer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-trainer-${suffix}'
  location: location
  tags: tags
}

output app identityInfo = { id: app.id, principalId: app.properties.principalId, clientId: app.properties.clientId }
output trainer identityInfo = { id: trainer.id, principalId: trainer.properties.principalId, clientId: trainer.properties.clientId }
