# The values as the mysql client shows them, whatever the modes.
case {{snapshot}} in no_data) read=0 ;; *) read={{rows}} ;; esac
case {{snapshot}} in initial_only) created=0 ;; *) created=1 ;; esac
tailrace learn check --answer read=$read --answer created=$created --answer price=digits --answer big=18446744073709551615 --answer at=text
