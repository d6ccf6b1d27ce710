# Repaired, and taken for something else.
{{_repair}}
tailrace learn check --answer cause={{_other}}
