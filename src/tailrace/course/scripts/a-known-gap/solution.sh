offset=$(tailrace connector offsets show shop | awk '$1 == "gtids" { print $2 }')
gap=$(tailrace lab mysql -N -e "SELECT GTID_SUBTRACT(@@GLOBAL.gtid_purged, '$offset')")
tailrace connector stop shop --wait
tailrace connector offsets set shop --set gtids="$(tailrace lab mysql -N -e 'SELECT @@GLOBAL.gtid_purged')"
tailrace connector resume shop --wait
tailrace snapshot start shop --table shop.{{table}} --wait
# Keys that the sink has and the table has not: a delete is made for each of them.
tailrace events tail --connector shop --table shop.{{table}} --from-beginning --json | python3 -c '
import json, sys
rows = {}
for event in map(json.loads, sys.stdin):
    rows[(event["after"] or event["before"])["id"]] = event["after"]
print(*(key for key, row in rows.items() if row), sep="\n")' | sort > sink.keys
tailrace lab mysql -N -e 'SELECT id FROM shop.{{table}}' | sort > table.keys
for id in $(comm -23 sink.keys table.keys); do
    tailrace lab mysql -e "BEGIN; INSERT INTO shop.{{table}} (id) VALUES ($id); DELETE FROM shop.{{table}} WHERE id = $id; COMMIT"
done
tailrace learn check --answer gap="$gap"
