using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param principalId = '33333333-3333-3333-3333-333333333333'
param alwaysReadyInstances = 2
param zoneRedundant = true
param httpConcurrency = 4
param instanceMemoryMB = 4096
param maximumInstances = 100
param storageRedundancy = 'Standard_GZRS'
param postgres = true
param postgresSku = 'Standard_E4ds_v5'
