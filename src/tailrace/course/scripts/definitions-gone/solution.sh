# Statements after the offset that alter the table, in all files that the source has.
offset=$(tailrace connector offsets show shop | awk '$1 == "gtids" { print $2 }')
altered=no
for log in $(tailrace lab mysql -N -e 'SHOW BINARY LOGS' | cut -f1); do
    if tailrace lab mysqlbinlog --exclude-gtids="$offset" "$log" | grep -qiE 'ALTER TABLE shop\.{{table}} '; then
        altered=yes
    fi
done
tailrace connector stop shop --wait
if [ $altered = yes ]; then
    # No definition of today reads the rows of before: the tables are read anew.
    tailrace connector offsets reset shop --yes
    tailrace connector config shop --set snapshot.mode=initial
    tailrace connector resume shop --wait
else
    # Today's definitions are those of then: every change comes as it happened.
    tailrace connector config shop --set snapshot.mode=recovery
    tailrace connector resume shop --wait
    until tailrace events tail --connector shop --op u | grep -q 'width: 101 → 102'; do sleep 0.2; done
    tailrace connector config shop --set snapshot.mode=initial --wait
fi
tailrace learn check --answer altered=$altered
