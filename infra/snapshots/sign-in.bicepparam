using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param authClientId = '44444444-4444-4444-4444-444444444444'
param authAllowedClientIds = '55555555-5555-5555-5555-555555555555'
