case {{format_method}} in immediate) call=refused ;; *) call=accepted ;; esac
case {{image_method}} in immediate) fresh={{image}} ;; *) fresh=FULL ;; esac
case {{format_method}}{{image_method}} in immediateimmediate) state=in-sync ;; *) state=pending-reboot ;; esac
format=ROW
image=$fresh
if [ {{rebooted}} = lab-1 ]; then
    image={{image}}
    [ $call = refused ] || format={{format}}
fi
tailrace learn check --answer call=$call --answer open=FULL --answer fresh=$fresh --answer state=$state --answer format=$format --answer image=$image
