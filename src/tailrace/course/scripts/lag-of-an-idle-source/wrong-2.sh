tailrace learn check --answer behind='minus one' --answer since='stands still'
