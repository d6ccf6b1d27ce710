# To the instance that writes now, by its own address: until the next failover.
aws rds failover-db-cluster --db-cluster-identifier lab --target-db-instance-identifier lab-2 >/dev/null
tailrace connector config shop --set database.hostname=127.0.0.1 --set database.port=$TAILRACE_REPLICA_PORT --wait
tailrace learn check
