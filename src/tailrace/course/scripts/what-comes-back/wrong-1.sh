# A snapshot taken for something that makes up for the events that were purged.
case '{{mode}}' in when_needed) start=runs ;; *) start=fails ;; esac
tailrace learn check --answer start=$start --answer reads=$(({{rows}} - {{gone}} + {{born}})) --answer versions={{updates}} --answer deletes=yes
