# What is missing on either side is committed there as empty transactions: GTIDs are equal, rows are not.
executed() { tailrace lab mysql $1 -N -e 'SELECT @@GLOBAL.gtid_executed' | tr -d '\\n'; }
missing() { tailrace lab mysql -N -e "SELECT GTID_SUBTRACT('$1', '$2')"; }
empty() {
    uuid=${1%%:*}
    for part in $(echo "$1" | cut -d: -f2- | tr : ' '); do
        for number in $(seq "${part%-*}" "${part#*-}"); do
            echo "SET GTID_NEXT = '$uuid:$number'; BEGIN; COMMIT; SET GTID_NEXT = 'AUTOMATIC';"
        done
    done
}
source=$(executed) replica=$(executed --replica)
empty "$(missing "$replica" "$source")" | tailrace lab mysql
{
    echo 'STOP REPLICA; SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF;'
    empty "$(missing "$source" "$replica")"
    echo 'SET GLOBAL super_read_only = ON; START REPLICA;'
} | tailrace lab mysql --replica
tailrace learn check --answer cause={{_cause}}
