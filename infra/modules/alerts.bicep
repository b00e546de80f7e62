// Three questions that are asked of the logs all day, and who hears of it. The tables are there only once something was
// logged, so that each question brings an empty one along.

param location string
param tags { *: string }
param token string
param workspaceId string

@description('Who hears of an alert; empty leaves it to those who look.')
param email string

var rules = [
  {
    name: 'errors'
    description: 'More than 5 % of at least 20 requests in a quarter of an hour were errors of the service.'
    query: loadTextContent('../alerts/errors.kql')
    every: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'refused-keys'
    description: 'More than 100 keys were refused in a quarter of an hour: somebody guesses, or a caller has an old one.'
    query: loadTextContent('../alerts/refused-keys.kql')
    every: 'PT15M'
    window: 'PT15M'
  }
  {
    name: 'upkeep-late'
    description: 'No upkeep has ended well for three hours: deletions wait, and audio may be kept beyond its days.'
    query: loadTextContent('../alerts/upkeep-late.kql')
    every: 'PT1H'
    window: 'P1D'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'speaker'
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Speaker Recognition: ${rule.name}'
      description: rule.description
      severity: 2
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      autoMitigate: true
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]
