// The database in which voices are searched beyond the memory of an instance: PostgreSQL with pgvector, opened by Entra
// tokens only. It holds nothing that the app could not write again, so it has no copies, and backups of no more days than
// it has to. Azure changes one thing of a server at a time: each part waits for the one before.

param name string
param location string
param tags { *: string }
param private bool
param sku string
param database string
param administratorName string
param administratorId string

var tiers = { B: 'Burstable', D: 'GeneralPurpose', E: 'MemoryOptimized' }

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: tiers[substring(sku, length('Standard_'), 1)] }
  properties: {
    createMode: 'Default'
    version: '17'
    authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId: tenant().tenantId }
    network: { publicNetworkAccess: private ? 'Disabled' : 'Enabled' }
    storage: { storageSizeGB: 32, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: 7, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'Disabled' }
  }
}

// An administrator of the server is a member of azure_pg_admin: it makes the tables, and the extension once. A database
// that is made before there is one belongs to Azure, and to nobody else.
resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: administratorId
  properties: { principalName: administratorName, principalType: 'ServicePrincipal', tenantId: tenant().tenantId }
}

resource voices 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: database
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  dependsOn: [administrator]
}

// Every address of Azure, as instances without a network have no address of their own; who comes needs a token.
resource fromAzure 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = if (!private) {
  parent: server
  name: 'azure'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  dependsOn: [voices]
}

@batchSize(1)
resource configured 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = [
  for each in [
    { name: 'azure.extensions', value: 'VECTOR' }
    { name: 'require_secure_transport', value: 'ON' }
  ]: {
    parent: server
    name: each.name
    properties: { value: each.value, source: 'user-override' }
    dependsOn: [voices, fromAzure]
  }
]
