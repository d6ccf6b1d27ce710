# A reboot of any instance taken for one of the cluster, and a static parameter for one that can be applied at once.
case {{image_method}} in immediate) fresh={{image}} ;; *) fresh=FULL ;; esac
case {{rebooted}}{{format_method}} in lab-1pending*) state=in-sync ;; *) state=pending-reboot ;; esac
tailrace learn check --answer call=accepted --answer open=FULL --answer fresh=$fresh --answer state=$state --answer format={{format}} --answer image={{image}}
