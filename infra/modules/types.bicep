@export()
@description('A user-assigned identity as other modules need it.')
type identityInfo = { id: string, principalId: string, clientId: string }
