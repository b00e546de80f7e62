// What is kept of voices, in an account that is there: profiles and signatures in a table, enrollment audio for as long as
// was said.

@description('Name of the storage account.')
param name string
param audioContainer string
param galleryContainer string
param recordingsContainer string
param table string

@description('Days after which enrollment audio is deleted.')
param audioRetentionDays int

param trailContainer string

@description('Days after which a day of the audit trail is deleted; 0 keeps all of it.')
param trailRetentionDays int

@description('What is logged. Reads are not: they would say who was recognised when.')
param logged ('StorageWrite' | 'StorageDelete')[]

@description('Resource id of the workspace that gets that log.')
param workspaceId string

var families = ['verification-text-dependent', 'verification-text-independent', 'identification-text-independent']

resource storage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: name

  resource blobs 'blobServices' existing = {
    name: 'default'
  }
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2025-08-01' = {
  parent: storage
  name: 'default'
}

resource profiles 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-08-01' = {
  parent: tables
  name: table
}

var voiceRules = [
  {
    name: 'delete-enrollment-audio'
    type: 'Lifecycle'
    enabled: true
    definition: {
      filters: {
        blobTypes: ['blockBlob']
        prefixMatch: map(families, family => '${audioContainer}/${family}/')
      }
      actions: {
        baseBlob: { delete: { daysAfterCreationGreaterThan: audioRetentionDays } }
      }
    }
  }
  {
    // The app writes them again every twelve hours at the latest: an older one nobody looks after.
    name: 'delete-galleries'
    type: 'Lifecycle'
    enabled: true
    definition: {
      filters: {
        blobTypes: ['blockBlob']
        prefixMatch: ['${galleryContainer}/']
      }
      actions: {
        baseBlob: { delete: { daysAfterCreationGreaterThan: 1 } }
      }
    }
  }
  {
    // The app removes what a caller let live for less; nobody may let it live for longer than 744 hours.
    name: 'delete-recordings'
    type: 'Lifecycle'
    enabled: true
    definition: {
      filters: {
        blobTypes: ['blockBlob']
        prefixMatch: ['${recordingsContainer}/']
      }
      actions: {
        baseBlob: { delete: { daysAfterCreationGreaterThan: 31 } }
      }
    }
  }
]

var trailRules = trailRetentionDays == 0
  ? []
  : [
      {
        name: 'delete-audit-trail'
        type: 'Lifecycle'
        enabled: true
        definition: {
          filters: {
            blobTypes: ['appendBlob']
            prefixMatch: ['${trailContainer}/']
          }
          actions: {
            baseBlob: { delete: { daysAfterCreationGreaterThan: trailRetentionDays } }
          }
        }
      }
    ]

resource retention 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: storage
  name: 'default'
  properties: {
    policy: {
      rules: concat(voiceRules, trailRules)
    }
  }
}

var logs = [for category in logged: { category: category, enabled: true }]

#disable-next-line use-recent-api-versions // the one stable version, of 2016, cannot name a category of these services
resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(logged)) {
  name: 'changes'
  scope: storage::blobs
  properties: { workspaceId: workspaceId, logs: logs }
}

#disable-next-line use-recent-api-versions
resource tableLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(logged)) {
  name: 'changes'
  scope: tables
  properties: { workspaceId: workspaceId, logs: logs }
}
