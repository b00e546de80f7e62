using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param principalId = '33333333-3333-3333-3333-333333333333'
param authClientId = '44444444-4444-4444-4444-444444444444'
param authAllowedClientIds = ' 55555555-5555-5555-5555-555555555555, 66666666-6666-6666-6666-666666666666'
param corsOrigins = 'https://app.example.org, https://b.example'
