// One storage account that no key opens, with its containers and the roles of the app's identity.

param name string
param location string
param tags { *: string }
param redundancy string

@description('Closed to the internet.')
param private bool

@description('Names of blob containers.')
param containers string[]

@description('Names of queues.')
param queues string[] = []

@description('Ids of the roles that the identity holds on the account.')
param roles string[]

@description('Encrypt once more, below the usual encryption. Azure takes it only when it creates the account.')
param infrastructureEncryption bool = false

@description('The customer\'s own key; none leaves the keys to Azure. Tables are covered only if the account was created with it.')
param customerKey { name: string, vaultUri: string, identityId: string }?

param identityId string
param principalId string

var covered = { enabled: true, keyType: 'Account' }
// On an account that exists Azure refuses even `false`.
var twice = infrastructureEncryption ? { requireInfrastructureEncryption: true } : {}
var own = customerKey == null
  ? {}
  : {
      identity: { userAssignedIdentity: customerKey!.identityId }
      keyvaultproperties: { keyname: customerKey!.name, keyvaulturi: customerKey!.vaultUri }
    }
var encryption = {
  keySource: customerKey == null ? 'Microsoft.Storage' : 'Microsoft.Keyvault'
  services: customerKey == null
    ? { blob: covered, file: covered }
    : { blob: covered, file: covered, queue: covered, table: covered }
}

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: redundancy }
  kind: 'StorageV2'
  identity: customerKey == null
    ? null
    : { type: 'UserAssigned', userAssignedIdentities: { '${customerKey!.identityId}': {} } }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    encryption: infrastructureEncryption || customerKey != null ? union(encryption, twice, own) : null
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices' // or the firewall stops the lifecycle policy
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }
}

// Deleted is deleted: nothing may keep a voice that its owner was told is gone.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    changeFeed: { enabled: false }
    containerDeleteRetentionPolicy: { enabled: false }
    deleteRetentionPolicy: { enabled: false }
    isVersioningEnabled: false
    restorePolicy: { enabled: false }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-08-01' = if (!empty(queues)) {
  parent: account
  name: 'default'
}

resource storageQueues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' = [
  for queue in queues: {
    parent: queueService
    name: queue
  }
]

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(account.id, identityId, role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]
