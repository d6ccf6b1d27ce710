# Where the servers are now.
now() { tailrace lab mysql $1 -N -e 'SHOW BINARY LOG STATUS' | awk '{ print $1 ":" $2 }'; }
tailrace learn check --answer primary="$(now)" --answer replica="$(now --replica)"
