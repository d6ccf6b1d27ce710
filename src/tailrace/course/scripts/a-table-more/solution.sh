tailrace connector config shop --set 'table.include.list=shop\.orders,shop\.{{table}}' --wait
tailrace snapshot start shop --table shop.{{table}} --wait
tailrace learn check
