# AWS does its part; where the connector calls, nobody has asked.
aws rds failover-db-cluster --db-cluster-identifier lab >/dev/null
tailrace learn check
