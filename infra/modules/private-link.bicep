// One kind of service by private addresses: a DNS zone that the network asks, and an endpoint for each of its services.

param location string
param tags { *: string }
param networkId string
param subnetId string

@description('What private endpoints call this kind of service.')
param group string

@description('DNS zone of its private names.')
param zoneName string

@description('The services: name of the endpoint, and resource id of what it leads to.')
param targets { name: string, id: string }[]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zoneName
  location: 'global'
  tags: tags
}

resource zoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: 'network'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: networkId }
  }
}

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for (target, i) in targets: {
    name: target.name
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        { name: group, properties: { privateLinkServiceId: targets[i].id, groupIds: [group] } }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (target, i) in targets: {
    parent: endpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: group, properties: { privateDnsZoneId: zone.id } }]
    }
  }
]
