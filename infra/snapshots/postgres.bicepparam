using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param principalId = '33333333-3333-3333-3333-333333333333'
param vnetEnabled = true
param postgres = true
