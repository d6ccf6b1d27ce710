tailrace learn check --answer seconds={{seconds}}
