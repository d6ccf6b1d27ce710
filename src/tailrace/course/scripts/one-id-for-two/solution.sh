case {{end}} in restart) readers=3 ;; *) readers=2 ;; esac
tailrace learn check --answer ended='each in turn' --answer state='both RUNNING' --answer rows='of both' --answer sent='as much' --answer readers=$readers
