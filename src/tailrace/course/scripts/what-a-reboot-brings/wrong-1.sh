# What is accepted counts at once, for everybody: then nothing waits, and a reboot brings nothing more.
case {{format_method}} in immediate) call=refused format=ROW ;; *) call=accepted format={{format}} ;; esac
tailrace learn check --answer call=$call --answer open={{image}} --answer fresh={{image}} --answer state=in-sync --answer format=$format --answer image={{image}}
