# Found, and nothing done about it.
tailrace learn check --answer cause={{_cause}}
