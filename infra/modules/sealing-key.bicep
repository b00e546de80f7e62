// The key that wraps the keys of sealed voices, and the right of the app to wrap and unwrap by it. Who deletes the key
// deletes the voices.

import { roles } from 'roles.bicep'

param tags { *: string }
param keyName string

@description('Name of the vault, which must be protected from purging.')
param vaultName string

param identityId string
param principalId string

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
  name: guid(key.id, identityId, roles.cryptoServiceEncryptionUser)
  scope: key
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.cryptoServiceEncryptionUser
    )
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
