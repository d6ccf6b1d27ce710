# The cause is named, and replication is started once more.
tailrace lab mysql --replica -e 'STOP REPLICA; START REPLICA'
tailrace learn check --answer cause={{_cause}}
