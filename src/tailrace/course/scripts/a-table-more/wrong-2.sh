# A part of it.
tailrace connector config shop --set 'table.include.list=shop\.orders,shop\.{{table}}' --wait
tailrace snapshot start shop --table shop.{{table}} --condition 'shop.{{table}}=id > 1000' --wait
tailrace learn check
