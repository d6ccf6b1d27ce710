tailrace learn check --answer behind='stands still' --answer since=grows
