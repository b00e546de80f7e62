using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param audioRetentionDays = 0
param storageLogs = false
param principalId = ''
