tailrace learn check --answer behind=grows --answer since=grows
