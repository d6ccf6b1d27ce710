# It runs again, from now on: what came meanwhile is missing for good.
tailrace connector stop shop --wait
tailrace connector config shop --set snapshot.mode=no_data
tailrace connector offsets reset shop --yes
tailrace connector resume shop
tailrace learn check --answer cause={{_cause}}
