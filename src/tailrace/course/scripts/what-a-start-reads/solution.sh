case '{{mode}}' in always) reads=$(({{rows}} + {{added}})) creates=0 ;; *) reads=0 creates={{added}} ;; esac
case '{{fresh_mode}}' in initial) fresh=$(({{rows}} + {{added}})) ;; *) fresh=0 ;; esac
case '{{fresh_mode}} {{locking}}' in 'initial extended') write=waits ;; *) write=passes ;; esac
tailrace learn check --answer reads=$reads --answer creates=$creates --answer fresh=$fresh --answer write=$write
