using '../main.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param principalId = '33333333-3333-3333-3333-333333333333'
param telemetry = true
param speechEndpoint = 'https://westeurope.stt.speech.microsoft.com'
param speechKey = 'not-a-key-of-speech'
param appSettings = {
  PYTHONOPTIMIZE: '1'
}
