# Alarms of everything, and what they would wake for is left as it is.
tailrace alerts export --format cloudwatch-cli --aurora lab-replica --threshold aurora={{limit}}s > aurora.sh
AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 bash aurora.sh
tailrace alerts export --format cloudwatch-cli --connector shop --threshold lag={{limit}}s > connector.sh
bash connector.sh
tailrace lag publish shop --once --source '${env:TAILRACE_AURORA_REPLICA_ADMIN_DSN}'
tailrace learn check --answer cause={{_cause}}
