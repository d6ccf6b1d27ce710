tailrace learn check --answer seconds=0.5
