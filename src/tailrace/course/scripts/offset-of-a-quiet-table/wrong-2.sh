# heartbeat.interval.ms taken for something that writes to the source; a heartbeat's row, for an event in any case but the right one.
case '{{beats}}' in shop.*) events=no ;; *) events=yes ;; esac
tailrace learn check --answer offset=moves --answer alone=moves --answer action=moves --answer events=$events
