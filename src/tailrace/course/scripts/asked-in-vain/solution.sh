{{_repair}}
tailrace learn check --answer cause={{_cause}}
