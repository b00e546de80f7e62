// The customer's own key for the voices, and the identity by which storage uses it. Who deletes the key deletes the voices.

import { roles } from 'roles.bicep'

param location string
param tags { *: string }
param identityName string
param keyName string

@description('Name of the vault, which must be protected from purging.')
param vaultName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource key 'Microsoft.KeyVault/vaults/keys@2025-05-01' = {
  parent: vault
  name: keyName
  tags: tags
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: ['wrapKey', 'unwrapKey']
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, roles.cryptoServiceEncryptionUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.cryptoServiceEncryptionUser
    )
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}
