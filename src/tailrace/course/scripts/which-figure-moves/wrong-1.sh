# Lag is lag: all figures move together.
course=grows
if [ {{_action}} = stop ]; then course='minus one'; fi
tailrace learn check --answer binlog="$course" --answer reader="$course" --answer global="$course" --answer connector="$course"
