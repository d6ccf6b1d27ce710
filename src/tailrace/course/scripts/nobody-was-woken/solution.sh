tailrace lab mysql --follower -e "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA"
tailrace connector resume shop --wait
# One alarm too high, one on -1, and those of the connector's own figure.
tailrace alerts export --format cloudwatch-cli --aurora lab-replica --threshold aurora={{limit}}s > aurora.sh
AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 bash aurora.sh
tailrace alerts export --format cloudwatch-cli --connector shop --threshold lag={{limit}}s > connector.sh
bash connector.sh
tailrace lag publish shop --once --source '${env:TAILRACE_AURORA_REPLICA_ADMIN_DSN}'
tailrace learn check --answer cause={{_cause}}
