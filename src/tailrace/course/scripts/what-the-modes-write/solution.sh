case {{snapshot}} in no_data) read=0 ;; *) read={{rows}} ;; esac
case {{snapshot}} in initial_only) created=0 ;; *) created=1 ;; esac
case {{decimal}} in precise) price=base64 ;; string) price=digits ;; *) price=number ;; esac
case {{bigint}} in precise) big=base64 ;; *) big=-1 ;; esac
case {{time}}{{digits}} in isostring*) at=text ;; adaptive*6) at=microseconds ;; *) at=milliseconds ;; esac
tailrace learn check --answer read=$read --answer created=$created --answer price=$price --answer big=$big --answer at=$at
