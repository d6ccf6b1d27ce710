case '{{mode}}' in when_needed) start=runs ;; *) start=fails ;; esac
reads=$(({{rows}} - {{gone}} + {{born}}))
tailrace learn check --answer start=$start --answer reads=$reads --answer versions=1 --answer deletes=no
