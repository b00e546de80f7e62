using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param vnetEnabled = true
param inboundPrivate = true
