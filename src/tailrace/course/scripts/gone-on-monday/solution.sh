tailrace lab mysql -e 'SET PERSIST binlog_expire_logs_seconds = 604800'
case '{{_cause}}' in
binlog-purged)
    # What is gone from the binlog is read from the tables; the stream goes on from there.
    tailrace connector stop shop --wait
    tailrace connector offsets reset shop --yes
    tailrace connector resume shop --wait
    ;;
account-locked)
    tailrace lab mysql -e "ALTER USER tailrace ACCOUNT UNLOCK"
    tailrace connector restart shop --failed-only --wait
    ;;
esac
tailrace learn check --answer cause={{_cause}}
