# The writer is as it must be, by SET PERSIST: the group is not, or waits; so the next restart brings it back.
tailrace lab mysql -e "SET PERSIST binlog_format = 'ROW'"
tailrace lab mysql -e "CALL mysql.rds_set_configuration('binlog retention hours', {{hours}}); GRANT {{_lacks}} ON *.* TO 'cdc'@'%'"
set -- $(aws rds describe-db-clusters --db-cluster-identifier lab --query 'DBClusters[].[Endpoint,Port]' --output text)
tailrace connector create .tailrace/lab/worker/shop.json --set database.hostname=$1 --set database.port=$2 --wait
tailrace learn check
