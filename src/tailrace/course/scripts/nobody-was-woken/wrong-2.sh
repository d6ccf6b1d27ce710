# The right alarms, and what they would wake for is left as it is.
if [ {{_cause}} = connector ]; then
    tailrace alerts export --format cloudwatch-cli --connector shop --threshold lag={{limit}}s > alarms.sh
    bash alarms.sh
    tailrace lag publish shop --once --source '${env:TAILRACE_AURORA_REPLICA_ADMIN_DSN}'
else
    tailrace alerts export --format cloudwatch-cli --aurora lab-replica --threshold aurora={{limit}}s > alarms.sh
    AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 bash alarms.sh
fi
tailrace learn check --answer cause={{_cause}}
