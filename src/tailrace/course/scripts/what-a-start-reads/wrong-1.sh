# Each start taken for one that reads the tables, and the stream for one that tells of the same rows again.
case '{{fresh_mode}} {{locking}}' in 'initial extended') write=waits ;; *) write=passes ;; esac
tailrace learn check --answer reads=$(({{rows}} + {{added}})) --answer creates={{added}} --answer fresh=$(({{rows}} + {{added}})) --answer write=$write
