primary() { tailrace lab mysql -N -e "$1"; }
replica() { tailrace lab mysql --replica -N -e "$1"; }
# On the replica alone, and without a GTID: the source has these rows right.
aside() { replica "SET GLOBAL super_read_only = OFF; SET SESSION sql_log_bin = 0; $1; SET GLOBAL super_read_only = ON"; }
case '{{_cause}}' in
errant-transaction)
    errant=$(replica "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_executed, '$(primary 'SELECT @@GLOBAL.gtid_executed')')")
    for log in $(replica 'SHOW BINARY LOGS' | cut -f1); do
        tailrace lab mysqlbinlog --replica -v --base64-output=DECODE-ROWS --include-gtids="$errant" "$log"
    done | grep '^###'
    # It deleted a row: put it back as the source has it.
    row=$(comm -23 <(primary 'SELECT id FROM {{_table}}' | sort) <(replica 'SELECT id FROM {{_table}}' | sort))
    values=$(primary "SELECT CONCAT_WS(',', id, QUOTE(note), amount, QUOTE(changed_at)) FROM {{_table}} WHERE id = $row")
    aside "INSERT INTO {{_table}} VALUES ($values)"
    primary "SET GTID_NEXT = '$errant'; BEGIN; COMMIT; SET GTID_NEXT = 'AUTOMATIC'"
    ;;
replication-broken)
    # Last_SQL_Error of SHOW REPLICA STATUS: a duplicate key, of a row that the source does not know.
    row=$(comm -13 <(primary 'SELECT id FROM {{_table}} WHERE note <> "by the application"' | sort) <(replica 'SELECT id FROM {{_table}}' | sort))
    aside "DELETE FROM {{_table}} WHERE id = $row"
    replica 'START REPLICA'
    ;;
replica-delayed)
    replica 'STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA SQL_THREAD'
    ;;
esac
tailrace learn check --answer cause={{_cause}}
