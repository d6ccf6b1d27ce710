# The rows are read again, and it is left open why they were wrong.
tailrace snapshot start shop --table shop.{{table}} --wait
tailrace learn check --answer cause='rolled back'
