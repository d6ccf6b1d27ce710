# The right names, and nothing is done about it.
seconds={{_seconds}}
if [ "$seconds" = grows ]; then seconds=4; fi
tailrace learn check --answer hop={{_hop}} --answer figure={{_figure}} --answer seconds="$seconds"
