place() {
    for log in $(tailrace lab mysql $1 -N -e 'SHOW BINARY LOGS' | cut -f1); do
        tailrace lab mysql $1 -N -e "SHOW BINLOG EVENTS IN '$log'" |
            awk -v gtid='{{gtid}}' '$3 == "Gtid" && index($0, gtid) { print $1 ":" $2 }'
    done
}
tailrace learn check --answer primary="$(place)" --answer replica="$(place --replica)"
