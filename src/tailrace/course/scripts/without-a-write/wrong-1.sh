# By a signal table at the source: the signal is a write, and comes with the replication.
tailrace lab mysql --replica -e 'STOP REPLICA SQL_THREAD; SET GLOBAL replica_preserve_commit_order = ON; START REPLICA SQL_THREAD'
tailrace lab mysql -e 'CREATE TABLE shop.signals (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32) NOT NULL, data VARCHAR(2048))'
tailrace connector config shop --set 'table.include.list=shop\.orders,shop\.{{table}}' --set read.only=true \
    --set signal.data.collection=shop.signals --wait
tailrace snapshot start shop --table shop.{{table}} --channel source --source '${env:TAILRACE_PRIMARY_ADMIN_DSN}' --wait
tailrace learn check
