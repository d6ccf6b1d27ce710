# It all works: the retention is set where Aurora does not look, and the account may do everything.
aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name lab-cluster-parameters \
    --parameters ParameterName=binlog_format,ParameterValue=ROW,ApplyMethod=pending-reboot >/dev/null
for instance in lab-1 lab-2; do
    aws rds reboot-db-instance --db-instance-identifier $instance >/dev/null
    until aws rds describe-db-instances --db-instance-identifier $instance | grep -q available; do sleep 0.2; done
done
tailrace lab mysql -e "SET PERSIST binlog_expire_logs_seconds = {{hours}} * 3600; GRANT ALL ON *.* TO 'cdc'@'%'"
set -- $(aws rds describe-db-clusters --db-cluster-identifier lab --query 'DBClusters[].[Endpoint,Port]' --output text)
tailrace connector create .tailrace/lab/worker/shop.json --set database.hostname=$1 --set database.port=$2 --wait
tailrace learn check
