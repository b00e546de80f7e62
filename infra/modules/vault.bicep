// The vault of the secrets, which only roles open.

import { roles } from 'roles.bicep'

param name string
param location string
param tags { *: string }

@description('Closed to the internet.')
param private bool

@description('Let Azure\'s own services in past the firewall, as storage must be where it uses a key of this vault.')
param trusted bool

@description('A deleted vault cannot be purged before its days are over. Never to be undone.')
param purgeProtection bool

@description('Days for which a deleted vault can be recovered. Azure takes them only when it creates the vault.')
param retentionDays int

@description('Bring back the vault of this name that was deleted.')
param recover bool

@description('Write the API keys; otherwise the vault keeps those that it holds.')
param keysGiven bool
@secure()
param apiKeys string

@description('Name of the secret that holds the API keys.')
param keysName string

@description('Write the key of an Azure AI Speech resource; otherwise the vault keeps the one that it holds.')
param speechKeyGiven bool
@secure()
param speechKey string

@description('Name of the secret that holds that key.')
param speechName string

param identityId string
param principalId string

@description('Object id and kind of who may set the secrets; empty for nobody.')
param officerId string
param officerType string

@description('Resource id of the workspace that gets a log of who opened the vault.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enablePurgeProtection: purgeProtection ? true : null // Azure refuses `false`
    enableRbacAuthorization: true
    softDeleteRetentionInDays: retentionDays
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: trusted ? 'AzureServices' : 'None'
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }
}

resource keys 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (keysGiven) {
  parent: vault
  name: keysName
  properties: {
    contentType: 'API keys, comma-separated'
    value: apiKeys
  }
}

resource speech 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (speechKeyGiven) {
  parent: vault
  name: speechName
  properties: {
    contentType: 'Key of Azure AI Speech'
    value: speechKey
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identityId, roles.secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource officer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(officerId)) {
  name: guid(vault.id, officerId, roles.secretsOfficer)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsOfficer)
    principalId: officerId
    principalType: officerType
  }
}

#disable-next-line use-recent-api-versions // the one stable version, of 2016, cannot name a category
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}
