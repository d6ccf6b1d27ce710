tailrace failover run --aurora lab --source '${env:TAILRACE_AURORA_ADMIN_DSN}' --connector shop --settle 2 --yes
tailrace learn check
