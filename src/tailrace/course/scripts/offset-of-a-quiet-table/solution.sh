case '{{beats}}' in shop.*) events=yes ;; *) events=no ;; esac
tailrace learn check --answer offset=moves --answer alone='stands still' --answer action=moves --answer events=$events
