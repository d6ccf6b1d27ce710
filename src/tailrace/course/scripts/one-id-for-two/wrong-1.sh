# The second taken for refused, as a second user of a port is.
case {{end}} in restart) readers=3 ;; *) readers=2 ;; esac
tailrace learn check --answer ended=new --answer state='a task FAILED' --answer rows='of one' --answer sent='as much' --answer readers=$readers
