# The replica opened for a moment, for the signal table: it has a transaction of its own ever after.
tailrace lab mysql --replica <<'SQL'
STOP REPLICA SQL_THREAD;
SET GLOBAL replica_preserve_commit_order = ON;
START REPLICA SQL_THREAD;
SET GLOBAL super_read_only = OFF;
CREATE TABLE shop.signals (id VARCHAR(42) PRIMARY KEY, type VARCHAR(32) NOT NULL, data VARCHAR(2048));
SQL
tailrace connector config shop --set 'table.include.list=shop\.orders,shop\.{{table}}' --set read.only=true \
    --set signal.data.collection=shop.signals --wait
tailrace snapshot start shop --table shop.{{table}} --channel source --source '${env:TAILRACE_REPLICA_ADMIN_DSN}' --wait
tailrace lab mysql --replica -e 'SET GLOBAL super_read_only = ON'
tailrace learn check
