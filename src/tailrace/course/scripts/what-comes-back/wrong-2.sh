# Only rows that have changed expected, and the one mode taken for the other.
case '{{mode}}' in when_needed) start=fails ;; *) start=runs ;; esac
tailrace learn check --answer start=$start --answer reads=$((1 + {{born}})) --answer versions=1 --answer deletes=no
