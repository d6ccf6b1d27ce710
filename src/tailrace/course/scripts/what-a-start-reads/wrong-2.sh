# Lock modes mixed up: minimal and none taken for those that hold the lock until the last row.
case '{{mode}}' in always) reads=$(({{rows}} + {{added}})) creates=0 ;; *) reads=0 creates={{added}} ;; esac
case '{{fresh_mode}}' in initial) fresh=$(({{rows}} + {{added}})) ;; *) fresh=0 ;; esac
case '{{fresh_mode}} {{locking}}' in 'initial extended') write=passes ;; *) write=waits ;; esac
tailrace learn check --answer reads=$reads --answer creates=$creates --answer fresh=$fresh --answer write=$write
