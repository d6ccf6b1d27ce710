tailrace lab mysql --replica -e 'STOP REPLICA SQL_THREAD; SET PERSIST replica_preserve_commit_order = ON; START REPLICA SQL_THREAD'
tailrace connector config shop --set 'table.include.list=shop\.orders,shop\.{{table}}' --set read.only=true --wait
tailrace snapshot start shop --table shop.{{table}} --wait
tailrace learn check
