// The whole service in one resource group: storage for voices, a vault for the keys, the function app, its telemetry.
// `azd up` deploys it, and so does `az deployment group create`. Each module is one part; this file puts them together.
targetScope = 'resourceGroup'

// ---- Where, and what it is called ----

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; part of every resource name.')
param environmentName string

@minLength(1)
@metadata({ azd: { type: 'location' } })
@description('Region. It must offer Flex Consumption.')
param location string = resourceGroup().location

@maxLength(5)
@description('Letters and digits at the end of every resource name, where a second service of the same environment name shares subscription and region.')
param nameSuffix string = ''

@allowed(['development', 'production'])
@description('What it is for. Production is private, and keeps a deleted vault for 90 days, unless other parameters say otherwise.')
param environmentType string = 'development'

// ---- Who may call, and with what ----

@description('Object id of who may set the API keys in the vault; empty for nobody. By default who deploys.')
param principalId string = deployer().objectId

@allowed(['User', 'Group', 'ServicePrincipal'])
@description('What kind of principal that is.')
param principalType string = empty(deployer().?userPrincipalName ?? '') ? 'ServicePrincipal' : 'User'

@secure()
@description('API keys, comma-separated, written to the vault. Empty keeps those that the vault holds.')
param apiKeys string = ''

@description('The vault holds API keys from before. Assumed where nobody could call without keys.')
param keysKept bool = empty(authClientId)

@description('Client id of the Entra app registration whose tokens are accepted beside keys; empty for keys only.')
param authClientId string = ''

@description('Client ids that may call with such a token, comma-separated; needed with sign-in.')
param authAllowedClientIds string = ''

@description('Origins of web pages that may call from a browser, comma-separated, such as `https://app.example.org`; empty for none.')
param corsOrigins string = ''

// ---- How it recognises, and how long it remembers ----

@minValue(0)
@maxValue(36500)
@description('Days after which enrollment audio is deleted, by the storage account and by the app. 0 keeps none.')
param audioRetentionDays int = 365

@minValue(0)
@maxValue(36500)
@description('Days without use after which a profile is deleted. 0 never deletes one.')
param profileRetentionDays int = 0

@minValue(1)
@description('Profiles of all families together.')
param maxProfiles int = 10000

@description('How often, at most, a stranger is accepted in one request.')
param falseMatchRate string = '0.001'

@description('Let new profiles of free speech begin with an activation phrase.')
param activeEnrollment bool = false

@description('Also read FLAC, Ogg, MP3 and WAV of other kinds; false takes 16 kHz, 16-bit, mono PCM only.')
param decodeAny bool = true

@description('Requests a second that one instance serves before it answers 429. 0 sets no limit.')
param rateLimit string = '0'

@minValue(0)
@description('Requests that one instance works on or keeps waiting before it answers 429. 0 is 2 for each that it works on at once, and 8 in a burst.')
param maxInFlight int = 0

@allowed(['off', 'vault'])
@description('Encrypt each voice, and its audio, by a key of its own, which a key in the vault wraps. Who deletes that key deletes the voices.')
param sealing string = 'off'

@description('Keep the key, and open what it sealed, after sealing was switched off.')
param sealingKeyKept bool = false

@description('Write down who did what to which profile, in a chain of hashes.')
param audit bool = false

@minValue(0)
@maxValue(36500)
@description('Days after which a day of the audit trail is deleted. 0 keeps all of it.')
param auditRetentionDays int = 0

@minValue(0)
@maxValue(36500)
@description('Days for which nobody may change or delete the audit trail; a policy that people may lock. 0 asks for none.')
param auditImmutableDays int = 0

@description('Make a topic of Event Grid, and tell it what was done to voices.')
param events bool = false

@description('Make a server of PostgreSQL, and search voices there: beyond a million, or the memory of an instance.')
param postgres bool = false

@description('Size of that server: of the series B, D or E.')
param postgresSku string = 'Standard_D2ds_v5'

@description('Scheme and host under which callers know the service, behind a front end of your own; empty for the site itself.')
param publicOrigin string = ''

@description('Model bundle of the embedder, a folder under `models/`.')
param model string = 'campplus'

@description('Model that writes words down, a folder under `models/`.')
param whisper string = 'whisper-tiny-en'

@description('Least log-likelihood ratio of a passphrase and what was heard, a token.')
param phraseLlr string = '-1'

@description('Least log-likelihood of a passphrase, a token.')
param phraseLogLikelihood string = '-1.75'

@description('Share of the letters of a phrase that may be heard otherwise.')
param phraseDistance string = '0.25'

@description('Share of the length of a phrase that has to be heard.')
param phraseLength string = '0.76'

@description('Endpoint of an Azure AI Speech resource that writes words down; empty for the model inside the app.')
param speechEndpoint string = ''

@description('Resource id of that Speech resource; the identity needs the role Cognitive Services Speech User there.')
param speechResourceId string = ''

@secure()
@description('Key of that Speech resource, where the identity does not reach it; written to the vault. Empty keeps what the vault holds.')
param speechKey string = ''

@description('App settings by hand, name and value, beside those of this template; what is not given here is removed.')
param appSettings { *: string } = {}

// ---- How large, and how private ----

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

@description('Spread the instances over availability zones. Azure then keeps, and bills, two that wait for HTTP and two for timers.')
param zoneRedundant bool = false

@description('Reach storage and vault through private endpoints only. By default in production.')
param vnetEnabled bool = environmentType == 'production'

@description('With a virtual network: be reached through a private endpoint only, also by deployments.')
param inboundPrivate bool = false

@description('Keep a deleted vault from being purged before its days are over; never to be undone. By default in production.')
param vaultPurgeProtection bool = environmentType == 'production'

@minValue(7)
@maxValue(90)
@description('Days for which a deleted vault can be recovered; those of a vault that exists cannot change.')
param vaultRetentionDays int = environmentType == 'production' ? 90 : 7

@description('Bring back the vault that was deleted with an earlier deployment of this name, and its keys.')
param vaultRecover bool = false

@description('Encrypt voices once more, below the usual encryption; only for an account that is new, and then for ever.')
param infrastructureEncryption bool = false

@description('Encrypt voices with a key of your own, made in the vault; only for an account that is new. Who deletes the key deletes the voices.')
param customerManagedKey bool = false

// ---- How it is watched ----

@description('Traces and metrics from inside the app. Logs and requests reach Application Insights without it.')
param telemetry bool = false

@description('Log what is written to and deleted from the voices. The log holds ids of profiles, for 30 days.')
param storageLogs bool = true

@description('Mail address that hears of alerts; empty for nobody.')
param alertEmail string = ''

var corsList = filter(map(split(corsOrigins, ','), each => trim(each)), each => !empty(each))
var callers = filter(map(split(authAllowedClientIds, ','), each => trim(each)), each => !empty(each))
var signIn = !empty(authClientId)

var sealed = sealing == 'vault' || sealingKeyKept

// What would be deployed silently wrong is refused: nothing has a name then.
var impossible = [
  {
    found: inboundPrivate && !vnetEnabled
    says: 'inboundPrivate needs vnetEnabled: without a virtual network the app would be public.'
  }
  {
    found: signIn && empty(callers)
    says: 'authClientId needs authAllowedClientIds: without any, App Service would let every client of the tenant in.'
  }
  {
    found: !signIn && !empty(callers)
    says: 'authAllowedClientIds needs authClientId: without it no token is accepted.'
  }
  {
    found: zoneRedundant && !contains(storageRedundancy, 'ZRS')
    says: 'zoneRedundant needs a storageRedundancy of Standard_ZRS or Standard_GZRS: the app would fall with the zone of its storage.'
  }
  {
    found: empty(speechEndpoint) && !empty(speechResourceId)
    says: 'speechResourceId needs speechEndpoint: without it the model inside the app writes words down.'
  }
  {
    found: customerManagedKey && !vaultPurgeProtection
    says: 'customerManagedKey needs vaultPurgeProtection: a purged key would take the voices with it.'
  }
  {
    found: sealed && !vaultPurgeProtection
    says: 'sealing needs vaultPurgeProtection: a purged key would take the voices with it.'
  }
  {
    found: postgres && sealing == 'vault'
    says: 'postgres needs sealing off: a database searches voices in clear.'
  }
  {
    found: auditRetentionDays > 0 && auditRetentionDays < auditImmutableDays
    says: 'auditRetentionDays needs auditImmutableDays of no more days: what nobody may delete cannot be deleted.'
  }
]
var refusals = map(filter(impossible, each => each.found), each => each.says)

var abbreviations = loadJsonContent('abbreviations.json')
var region = toLower(replace(location, ' ', ''))
var token = empty(refusals)
  ? '${toLower(uniqueString(subscription().id, environmentName, region))}${toLower(nameSuffix)}'
  : fail(join(refusals, ' '))
var tags = { 'azd-env-name': environmentName }
var storageName = '${abbreviations.storageStorageAccounts}${token}'
var hostStorageName = '${storageName}host'
var vaultName = '${abbreviations.keyVaultVaults}${token}'
var insightsName = '${abbreviations.insightsComponents}${token}'
var workspaceName = '${abbreviations.operationalInsightsWorkspaces}${token}'
var topicName = '${abbreviations.eventGridDomainsTopics}${token}'
var databaseServerName = '${abbreviations.dBforPostgreSQLServers}${token}'
var networkName = '${abbreviations.networkVirtualNetworks}${token}'
var appName = '${abbreviations.webSitesFunctions}${token}'
var voicesIdentityName = '${abbreviations.managedIdentityUserAssignedIdentities}voices-${token}'
var customerKeyName = 'voices'
var sealingKeyName = 'sealing'
// Known before the modules have made what they name.
var workspaceId = resourceId('Microsoft.OperationalInsights/workspaces', workspaceName)
var storageId = resourceId('Microsoft.Storage/storageAccounts', storageName)
var endpointsSubnetId = resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'endpoints')
var endpointName = '${abbreviations.networkPrivateEndpoints}{0}-${token}'
var blobUrl = 'https://${storageName}.blob.${environment().suffixes.storage}'
var hostBlobUrl = 'https://${hostStorageName}.blob.${environment().suffixes.storage}'
var hostQueueUrl = 'https://${hostStorageName}.queue.${environment().suffixes.storage}'
var postgresSuffixes = {
  AzureCloud: 'postgres.database.azure.com'
  AzureUSGovernment: 'postgres.database.usgovcloudapi.net'
  AzureChinaCloud: 'postgres.database.chinacloudapi.cn'
}
var postgresSuffix = postgresSuffixes[environment().name]
var databaseName = 'voices'
var audioContainer = 'enrollment-audio'
var trailContainer = 'audit-trail'
var packageContainer = 'app-package'
var keysSecret = 'speaker-recognition-keys'
var speechSecret = 'speaker-speech-key'
var reference = '@Microsoft.KeyVault(VaultName=${vaultName};SecretName={0})'

import { roles } from 'modules/roles.bicep'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${abbreviations.managedIdentityUserAssignedIdentities}${token}'
  location: region
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: workspaceName
    insightsName: insightsName
    location: region
    tags: tags
    identityId: identity.id
    principalId: identity.properties.principalId
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: vaultName
    location: region
    tags: tags
    private: vnetEnabled
    trusted: customerManagedKey
    purgeProtection: vaultPurgeProtection
    retentionDays: vaultRetentionDays
    recover: vaultRecover
    keysGiven: !empty(apiKeys)
    apiKeys: apiKeys
    keysName: keysSecret
    speechKeyGiven: !empty(speechKey)
    speechKey: speechKey
    speechName: speechSecret
    identityId: identity.id
    principalId: identity.properties.principalId
    officerId: principalId
    officerType: principalType
    workspaceId: workspaceId
  }
  dependsOn: [monitoring]
}

module customerKey 'modules/customer-key.bicep' = if (customerManagedKey) {
  params: {
    location: region
    tags: tags
    identityName: voicesIdentityName
    keyName: customerKeyName
    vaultName: vaultName
  }
  dependsOn: [vault]
}

module sealingKey 'modules/sealing-key.bicep' = if (sealed) {
  params: {
    tags: tags
    keyName: sealingKeyName
    vaultName: vaultName
    identityId: identity.id
    principalId: identity.properties.principalId
  }
  dependsOn: [vault]
}

module voicesStorage 'modules/storage.bicep' = {
  params: {
    name: storageName
    location: region
    tags: tags
    redundancy: storageRedundancy
    private: vnetEnabled
    containers: [audioContainer]
    roles: [roles.blobDataContributor, roles.tableDataContributor]
    infrastructureEncryption: infrastructureEncryption
    customerKey: customerManagedKey
      ? {
          name: customerKeyName
          vaultUri: 'https://${vaultName}${environment().suffixes.keyvaultDns}'
          identityId: resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', voicesIdentityName)
        }
      : null
    identityId: identity.id
    principalId: identity.properties.principalId
  }
  dependsOn: [customerKey]
}

module voices 'modules/voices.bicep' = {
  params: {
    name: storageName
    audioContainer: audioContainer
    galleryContainer: 'voice-galleries'
    recordingsContainer: 'recordings'
    table: 'SpeakerProfiles'
    audioRetentionDays: audioRetentionDays
    trailContainer: trailContainer
    trailRetentionDays: audit ? auditRetentionDays : 0
    logged: storageLogs ? ['StorageWrite', 'StorageDelete'] : []
    workspaceId: workspaceId
  }
  dependsOn: [monitoring, voicesStorage]
}

module trail 'modules/trail.bicep' = if (audit) {
  params: {
    storageName: storageName
    container: trailContainer
    immutableDays: auditImmutableDays > 0 ? auditImmutableDays : null
  }
  dependsOn: [voicesStorage]
}

module topic 'modules/events.bicep' = if (events) {
  params: {
    name: topicName
    location: region
    tags: tags
    identityId: identity.id
    principalId: identity.properties.principalId
  }
}

module database 'modules/postgres.bicep' = if (postgres) {
  params: {
    name: databaseServerName
    location: region
    tags: tags
    private: vnetEnabled
    sku: postgresSku
    database: databaseName
    administratorName: identity.name
    // What names an administrator is known once the identity is there: of this module, a preview says less.
    #disable-next-line what-if-short-circuiting
    administratorId: identity.properties.principalId
  }
}

// The host keeps its locks and the app's package apart from the voices, and leases them: that takes the owner's role.
// Its queue holds ids of recordings that wait, and nothing of them.
module hostStorage 'modules/storage.bicep' = {
  params: {
    name: hostStorageName
    location: region
    tags: tags
    redundancy: storageRedundancy
    private: vnetEnabled
    containers: [packageContainer]
    queues: ['recordings', 'recordings-poison']
    roles: [roles.blobDataOwner, roles.queueDataContributor]
    identityId: identity.id
    principalId: identity.properties.principalId
  }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  params: {
    name: networkName
    location: region
    tags: tags
  }
}

module links 'modules/private-link.bicep' = [
  for link in [
    {
      group: 'blob'
      zone: 'privatelink.blob.${environment().suffixes.storage}'
      targets: [
        { name: format(endpointName, 'blob'), id: storageId }
        {
          name: format(endpointName, 'host-blob')
          id: resourceId('Microsoft.Storage/storageAccounts', hostStorageName)
        }
      ]
    }
    {
      group: 'queue'
      zone: 'privatelink.queue.${environment().suffixes.storage}'
      targets: [
        {
          name: format(endpointName, 'host-queue')
          id: resourceId('Microsoft.Storage/storageAccounts', hostStorageName)
        }
      ]
    }
    {
      group: 'table'
      zone: 'privatelink.table.${environment().suffixes.storage}'
      targets: [{ name: format(endpointName, 'table'), id: storageId }]
    }
    {
      group: 'vault'
      zone: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
      targets: [{ name: format(endpointName, 'vault'), id: resourceId('Microsoft.KeyVault/vaults', vaultName) }]
    }
  ]: if (vnetEnabled) {
    params: {
      location: region
      tags: tags
      networkId: resourceId('Microsoft.Network/virtualNetworks', networkName)
      subnetId: endpointsSubnetId
      group: link.group
      zoneName: link.zone
      targets: link.targets
    }
    dependsOn: [network, voicesStorage, hostStorage, vault]
  }
]

module databaseLink 'modules/private-link.bicep' = if (postgres && vnetEnabled) {
  params: {
    location: region
    tags: tags
    networkId: resourceId('Microsoft.Network/virtualNetworks', networkName)
    subnetId: endpointsSubnetId
    group: 'postgresqlServer'
    zoneName: 'privatelink.${postgresSuffix}'
    targets: [
      {
        name: format(endpointName, 'postgres')
        id: resourceId('Microsoft.DBforPostgreSQL/flexibleServers', databaseServerName)
      }
    ]
  }
  dependsOn: [network, database]
}

// The host and the worker must agree on who sends, or everything is sent twice. The libraries' own spans stay off: they
// would carry the URLs of storage, and in them the ids of profiles.
var telemetrySettings = telemetry
  ? {
      AzureFunctionsJobHost__telemetryMode: 'OpenTelemetry'
      OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,httpx,psycopg2,requests,urllib,urllib3'
      OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage' // by trace, so that a request is kept whole or not at all
      OTEL_TRACES_SAMPLER_ARG: '1'
      PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
    }
  : {}
// Without the template's server, settings by hand may name another.
var databaseSettings = postgres
  ? {
      SPEAKER_GALLERY: 'postgres'
      SPEAKER_POSTGRES: 'host=${databaseServerName}.${postgresSuffix} dbname=${databaseName} user=${identity.name} sslmode=verify-full'
    }
  : {}
// A reference to a secret that is not there stops the app, callers with tokens too.
var keysReference = format(reference, keysSecret)

module app 'modules/app.bicep' = {
  params: {
    planName: '${abbreviations.webServerFarms}${token}'
    name: appName
    location: region
    tags: tags
    identityId: identity.id
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    httpConcurrency: httpConcurrency
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
    private: inboundPrivate
    subnetId: vnetEnabled ? resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'app') : ''
    corsOrigins: corsList
    packageUrl: '${hostBlobUrl}/${packageContainer}'
    authClientId: authClientId
    authAllowedClientIds: callers
    settings: union(telemetrySettings, appSettings, databaseSettings, {
      AzureWebJobsStorage__blobServiceUri: hostBlobUrl
      AzureWebJobsStorage__queueServiceUri: hostQueueUrl
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.properties.clientId
      AZURE_CLIENT_ID: identity.properties.clientId
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
      ORT_DISABLE_TELEMETRY: '1' // onnxruntime would send facts about the machine to its makers
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '34603008' // the app reads 32 MiB of a recording, and what a form wraps it in
      PYTHON_THREADPOOL_THREAD_COUNT: string(httpConcurrency)
      SPEAKER_RECOGNITION_KEYS: keysKept ? keysReference : empty(apiKeys) ? '' : keysReference
      SPEAKER_STORAGE_BLOB_URL: blobUrl
      SPEAKER_STORAGE_TABLE_URL: 'https://${storageName}.table.${environment().suffixes.storage}'
      SPEAKER_STORAGE_QUEUE_URL: hostQueueUrl
      SPEAKER_MODEL: model
      SPEAKER_FALSE_MATCH_RATE: falseMatchRate
      SPEAKER_ACTIVE_ENROLLMENT: string(activeEnrollment)
      SPEAKER_PHRASE_LLR: phraseLlr
      SPEAKER_PHRASE_LOG_LIKELIHOOD: phraseLogLikelihood
      SPEAKER_PHRASE_DISTANCE: phraseDistance
      SPEAKER_PHRASE_LENGTH: phraseLength
      SPEAKER_WHISPER: whisper
      SPEAKER_SPEECH_ENDPOINT: speechEndpoint
      SPEAKER_SPEECH_RESOURCE_ID: speechResourceId
      SPEAKER_SPEECH_KEY: !empty(speechEndpoint) && empty(speechResourceId) ? format(reference, speechSecret) : ''
      SPEAKER_AUDIO_RETENTION_DAYS: string(audioRetentionDays)
      SPEAKER_PROFILE_RETENTION_DAYS: string(profileRetentionDays)
      SPEAKER_DECODE_ANY: string(decodeAny)
      SPEAKER_MAX_PROFILES: string(maxProfiles)
      SPEAKER_RATE_LIMIT: rateLimit
      SPEAKER_MAX_IN_FLIGHT: string(maxInFlight)
      SPEAKER_PUBLIC_ORIGIN: publicOrigin
      SPEAKER_SEALING: sealing
      SPEAKER_SEALING_KEY: sealed
        ? 'https://${vaultName}${environment().suffixes.keyvaultDns}/keys/${sealingKeyName}'
        : ''
      SPEAKER_AUDIT: string(audit)
      SPEAKER_EVENTS_TOPIC: topic.?outputs.endpoint ?? ''
    })
  }
  dependsOn: [links, databaseLink, database, vault, sealingKey, voices, trail, hostStorage]
}

var webSuffixes = {
  AzureCloud: 'azurewebsites.net'
  AzureUSGovernment: 'azurewebsites.us'
  AzureChinaCloud: 'chinacloudsites.cn'
}

module inbound 'modules/private-link.bicep' = if (inboundPrivate) {
  params: {
    location: region
    tags: tags
    networkId: resourceId('Microsoft.Network/virtualNetworks', networkName)
    subnetId: endpointsSubnetId
    group: 'sites'
    zoneName: 'privatelink.${webSuffixes[environment().name]}'
    targets: [{ name: format(endpointName, 'sites'), id: resourceId('Microsoft.Web/sites', appName) }]
  }
  dependsOn: [app]
}

module alerts 'modules/alerts.bicep' = {
  params: {
    location: region
    tags: tags
    token: token
    workspaceId: workspaceId
    email: alertEmail
  }
  dependsOn: [monitoring]
}

// None is called AZURE_LOCATION or AZURE_RESOURCE_GROUP: `azd down` forgets what is an output, and those it asks for.
output AZURE_KEY_VAULT_NAME string = vaultName
output AZURE_STORAGE_ACCOUNT_NAME string = storageName
output SPEAKER_KEYS_SECRET string = keysSecret
output SPEAKER_RESOURCE_GROUP string = resourceGroup().name
output SERVICE_API_NAME string = appName
output SERVICE_API_URI string = 'https://${app.outputs.host}'
