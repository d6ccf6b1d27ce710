tailrace lab mysql --follower -e "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA"
tailrace connector resume shop --wait
if [ {{_cause}} = connector ]; then
    tailrace alerts export --format cloudwatch-cli --connector shop --threshold lag={{limit}}s > alarms.sh
    bash alarms.sh
    tailrace lag publish shop --once --source '${env:TAILRACE_AURORA_REPLICA_ADMIN_DSN}'
else
    # One alarm on a high lag, one on a very high one, one on -1.
    tailrace alerts export --format cloudwatch-cli --aurora lab-replica --threshold aurora={{limit}}s > alarms.sh
    AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 bash alarms.sh
fi
tailrace learn check --answer cause={{_cause}}
