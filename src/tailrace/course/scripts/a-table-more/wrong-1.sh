# Captured from now on, and nothing of what was there before.
tailrace connector config shop --set 'table.include.list=shop\.orders,shop\.{{table}}' --wait
tailrace learn check
