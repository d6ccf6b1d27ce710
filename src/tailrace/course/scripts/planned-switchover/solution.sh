export TAILRACE_REPLICATION_PASSWORD=$MYSQL_PWD
tailrace failover run --yes --connector shop --replication-user tailrace \
    --source '${env:TAILRACE_PRIMARY_ADMIN_DSN}' --candidate '${env:TAILRACE_REPLICA_ADMIN_DSN}' --journal {{journal}}.jsonl
tailrace learn check
