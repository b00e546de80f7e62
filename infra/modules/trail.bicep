// The audit trail, in an account that is there: who did what to which voice. It names no voice by its id.

@description('Name of the storage account.')
param storageName string
param container string

@description('Days for which nobody may change or delete a line, not even who owns the account; none asks for no such policy.')
param immutableDays int?

resource storage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }
}

resource trail 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: storage::blobs
  name: container
  properties: { publicAccess: 'None' }
}

// It may be lengthened or removed until somebody locks it, which the template leaves to people.
resource immutable 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-08-01' = if (immutableDays != null) {
  parent: trail
  name: 'default'
  properties: {
    allowProtectedAppendWrites: true
    immutabilityPeriodSinceCreationInDays: immutableDays!
  }
}
