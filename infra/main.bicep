// The whole service in one resource group: storage for voices, a vault for the keys, the function app, its telemetry.
// `azd up` deploys it, and so does `az deployment group create`.
targetScope = 'resourceGroup'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; part of every resource name.')
param environmentName string

@minLength(1)
@description('Region. It must offer Flex Consumption.')
param location string = resourceGroup().location

@description('Object id of who may set the API keys in the vault; empty for nobody.')
param principalId string = ''

@allowed(['User', 'Group', 'ServicePrincipal'])
@description('What kind of principal that is.')
param principalType string = 'User'

@secure()
@description('API keys, comma-separated, written to the vault. Empty keeps those that the vault holds.')
param apiKeys string = ''

@minValue(0)
@maxValue(36500)
@description('Days after which enrollment audio is deleted, by the storage account and by the app. 0 keeps none.')
param audioRetentionDays int = 365

@minValue(0)
@maxValue(36500)
@description('Days without use after which a profile is deleted. 0 never deletes one.')
param profileRetentionDays int = 0

@description('How often, at most, a stranger is accepted in one request.')
param falseMatchRate string = '0.001'

@description('Let new profiles of free speech begin with an activation phrase.')
param activeEnrollment bool = false

@description('Endpoint of an Azure AI Speech resource that writes words down; empty for the model inside the app.')
param speechEndpoint string = ''

@description('Resource id of that Speech resource; the identity needs the role Cognitive Services Speech User there.')
param speechResourceId string = ''

@minValue(1)
@description('Profiles of all families together.')
param maxProfiles int = 10000

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
@description('Copies of the voices: in one datacentre, in three zones, or also in a second region.')
param storageRedundancy string = 'Standard_ZRS'

@allowed([512, 2048, 4096])
@description('Memory of an instance: 512 MB come with a quarter of a core, 2048 MB with one, 4096 MB with two.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(100)
@description('Requests that one instance serves at once, each on a thread of its own.')
param httpConcurrency int = 2

@minValue(40)
@maxValue(1000)
@description('Instances at most.')
param maximumInstances int = 40

@minValue(0)
@maxValue(20)
@description('Instances that wait with the model loaded, and are paid for while they wait. 0 saves money, 1 saves cold starts.')
param alwaysReadyInstances int = 0

@description('Spread the instances over availability zones, where the region has them; needs two that are always ready.')
param zoneRedundant bool = false

@description('Reach storage and vault through private endpoints only.')
param vnetEnabled bool = false

@description('With a virtual network: be reached through a private endpoint only, also by deployments.')
param inboundPrivate bool = false

@description('Origins of web pages that may call from a browser, comma-separated, such as https://app.example.org; empty for none.')
param corsOrigins string = ''

@description('Client id of the Entra app registration whose tokens are accepted beside keys; empty for keys only.')
param authClientId string = ''

@description('Client ids that may call with such a token, comma-separated; needed with authClientId.')
param authAllowedClientIds string = ''

@description('Traces and metrics from inside the app. Logs and requests reach Application Insights without it.')
param telemetry bool = false

var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var storageName = '${abbreviations.storageStorageAccounts}${token}'
var blobUrl = 'https://${storageName}.blob.${environment().suffixes.storage}'
var tableUrl = 'https://${storageName}.table.${environment().suffixes.storage}'

var table = 'SpeakerProfiles'
var audioContainer = 'enrollment-audio'
var families = ['verification-text-dependent', 'verification-text-independent', 'identification-text-independent']
var packageContainer = 'app-package'
var keysSecret = 'speaker-recognition-keys'
var signIn = !empty(authClientId)
// The host and the worker must agree on who sends, or everything is sent twice. The libraries' own spans stay off: they
// would carry the URLs of storage, and in them the ids of profiles.
var telemetrySettings = telemetry
  ? {
      AzureFunctionsJobHost__telemetryMode: 'OpenTelemetry'
      OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,httpx,psycopg2,requests,urllib,urllib3'
      PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
    }
  : {}

var roles = {
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  secretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${abbreviations.managedIdentityUserAssignedIdentities}${token}'
  location: location
  tags: tags
}

// ---- Voices ----

resource storage 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: storageName
  location: location
  tags: tags
  sku: { name: storageRedundancy }
  kind: 'StorageV2'
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: vnetEnabled ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices' // or the firewall stops the lifecycle policy
      defaultAction: vnetEnabled ? 'Deny' : 'Allow'
    }
  }
}

// Deleted is deleted: nothing may keep a voice that its owner was told is gone.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: storage
  name: 'default'
  properties: {
    changeFeed: { enabled: false }
    containerDeleteRetentionPolicy: { enabled: false }
    deleteRetentionPolicy: { enabled: false }
    isVersioningEnabled: false
    restorePolicy: { enabled: false }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = [
  for container in [audioContainer, packageContainer]: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2025-08-01' = {
  parent: storage
  name: 'default'
}

resource profiles 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-08-01' = {
  parent: tables
  name: table
}

resource retention 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: storage
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-enrollment-audio'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: [for family in families: '${audioContainer}/${family}/']
            }
            actions: {
              baseBlob: { delete: { daysAfterCreationGreaterThan: audioRetentionDays } }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobs]
}

// The host keeps its locks and the app's package in the same account, and leases them: that takes the owner's role.
resource storageRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.blobDataOwner, roles.tableDataContributor]: {
    name: guid(storage.id, identity.id, role)
    scope: storage
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// ---- Keys ----

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: '${abbreviations.keyVaultVaults}${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: vnetEnabled ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: vnetEnabled ? 'Deny' : 'Allow'
    }
  }
}

resource keys 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(apiKeys)) {
  parent: vault
  name: keysSecret
  properties: {
    contentType: 'API keys, comma-separated'
    value: apiKeys
  }
}

resource vaultRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, roles.secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource vaultOfficer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(principalId)) {
  name: guid(vault.id, principalId, roles.secretsOfficer)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsOfficer)
    principalId: principalId
    principalType: principalType
  }
}

// ---- Telemetry ----

resource logs 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: '${abbreviations.operationalInsightsWorkspaces}${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    features: { disableLocalAuth: true }
    workspaceCapping: { dailyQuotaGb: 1 }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${abbreviations.insightsComponents}${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    WorkspaceResourceId: logs.id
  }
}

resource insightsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identity.id, roles.metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// ---- The app ----

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: '${abbreviations.webServerFarms}${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: '${abbreviations.webSitesFunctions}${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    publicNetworkAccess: vnetEnabled && inboundPrivate ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: vnetEnabled ? '${network.id}/subnets/app' : null
    siteConfig: {
      ftpsState: 'Disabled'
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      cors: { allowedOrigins: empty(corsOrigins) ? [] : split(corsOrigins, ',') }
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobUrl}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances > 0 ? [{ name: 'http', instanceCount: alwaysReadyInstances }] : []
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }
  dependsOn: [containers, storageRoles]
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(telemetrySettings, {
    AzureWebJobsStorage__blobServiceUri: blobUrl
    AzureWebJobsStorage__tableServiceUri: tableUrl
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.properties.clientId
    AZURE_CLIENT_ID: identity.properties.clientId
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
    PYTHON_THREADPOOL_THREAD_COUNT: string(httpConcurrency)
    SPEAKER_RECOGNITION_KEYS: '@Microsoft.KeyVault(VaultName=${vault.name};SecretName=${keysSecret})'
    SPEAKER_STORAGE_BLOB_URL: blobUrl
    SPEAKER_STORAGE_TABLE_URL: tableUrl
    SPEAKER_FALSE_MATCH_RATE: falseMatchRate
    SPEAKER_ACTIVE_ENROLLMENT: string(activeEnrollment)
    SPEAKER_SPEECH_ENDPOINT: speechEndpoint
    SPEAKER_SPEECH_RESOURCE_ID: speechResourceId
    SPEAKER_MAX_PROFILES: string(maxProfiles)
    SPEAKER_AUDIO_RETENTION_DAYS: string(audioRetentionDays)
    SPEAKER_PROFILE_RETENTION_DAYS: string(profileRetentionDays)
  })
  dependsOn: [insightsRole, keys, profiles, vaultRole]
}

resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

// Keys and tokens are both accepted, so that App Service lets callers without a token through to the app's own check.
resource signInRules 'Microsoft.Web/sites/config@2025-03-01' = if (signIn) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: false
      unauthenticatedClientAction: 'AllowAnonymous'
    }
    httpSettings: { requireHttps: true }
    login: { tokenStore: { enabled: false } }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [authClientId, 'api://${authClientId}']
          defaultAuthorizationPolicy: { allowedApplications: split(authAllowedClientIds, ',') }
        }
      }
    }
  }
}

// ---- Private network ----

var links = concat(
  [
    { name: 'blob', target: storage.id, zone: 'privatelink.blob.${environment().suffixes.storage}' }
    { name: 'table', target: storage.id, zone: 'privatelink.table.${environment().suffixes.storage}' }
    { name: 'vault', target: vault.id, zone: 'privatelink.vaultcore.azure.net' }
  ],
  inboundPrivate ? [{ name: 'sites', target: app.id, zone: 'privatelink.azurewebsites.net' }] : []
)
var privateLinks = vnetEnabled ? links : []

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = if (vnetEnabled) {
  name: '${abbreviations.networkVirtualNetworks}${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/16'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/24'
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.0.1.0/24'
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for link in privateLinks: {
    name: link.zone
    location: 'global'
    tags: tags
  }
]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (link, i) in privateLinks: {
    parent: zones[i]
    name: 'network'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for link in privateLinks: {
    name: '${abbreviations.networkPrivateEndpoints}${link.name}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: { id: '${network.id}/subnets/endpoints' }
      privateLinkServiceConnections: [
        { name: link.name, properties: { privateLinkServiceId: link.target, groupIds: [link.name] } }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (link, i) in privateLinks: {
    parent: endpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: link.name, properties: { privateDnsZoneId: zones[i].id } }]
    }
  }
]

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = resourceGroup().name
output AZURE_KEY_VAULT_NAME string = vault.name
output AZURE_STORAGE_ACCOUNT_NAME string = storage.name
output SPEAKER_KEYS_SECRET string = keysSecret
output SERVICE_API_NAME string = app.name
output SERVICE_API_URI string = 'https://${app.properties.defaultHostName}'
