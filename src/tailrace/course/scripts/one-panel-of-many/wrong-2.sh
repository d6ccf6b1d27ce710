# A figure that is somewhere on the dashboard, under another title.
value=$(tailrace dashboard check debezium-mysql --connector shop --json | python3 -c '
import json, sys
print(max([each["value"] for shown in json.load(sys.stdin) if shown["panel"] == sys.argv[1] for each in shown["values"]], default=0))
' '{{_other}}')
tailrace learn check --answer 'panel={{_other}}' --answer "value=$value"
