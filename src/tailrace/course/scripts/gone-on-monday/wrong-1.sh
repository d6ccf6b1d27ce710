# The cause is right, more is kept from now on, and a restart is hoped for.
tailrace lab mysql -e 'SET PERSIST binlog_expire_logs_seconds = 604800'
tailrace connector restart shop --failed-only
tailrace learn check --answer cause={{_cause}}
