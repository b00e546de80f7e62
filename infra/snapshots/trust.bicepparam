using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param principalId = '33333333-3333-3333-3333-333333333333'
param vaultPurgeProtection = true
param sealing = 'vault'
param audit = true
param events = true
param auditRetentionDays = 3650
param auditImmutableDays = 365
