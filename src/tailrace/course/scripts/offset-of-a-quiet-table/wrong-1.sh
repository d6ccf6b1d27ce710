# Debezium's offset, which stands still here, taken for everybody's.
case '{{beats}}' in shop.*) events=yes ;; *) events=no ;; esac
tailrace learn check --answer offset='stands still' --answer alone='stands still' --answer action=moves --answer events=$events
