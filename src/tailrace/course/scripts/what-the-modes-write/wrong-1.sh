# no_data taken for a snapshot without locks, and initial_only for one that streams afterwards: all rows, and the new one, always.
read={{rows}}
created=1
case {{decimal}} in precise) price=base64 ;; string) price=digits ;; *) price=number ;; esac
case {{bigint}} in precise) big=base64 ;; *) big=-1 ;; esac
case {{time}}{{digits}} in isostring*) at=text ;; adaptive*6) at=microseconds ;; *) at=milliseconds ;; esac
# Where that is right by chance, the unsigned number is taken for written as it is.
[ {{snapshot}} != initial ] || big=18446744073709551615
tailrace learn check --answer read=$read --answer created=$created --answer price=$price --answer big=$big --answer at=$at
