# The one for the other: a snapshot where all could be read as it happened, recovery over an ALTER.
tailrace connector stop shop --wait
case '{{_altered}}' in
no)
    tailrace connector offsets reset shop --yes
    tailrace connector config shop --set snapshot.mode=initial
    tailrace connector resume shop --wait
    ;;
yes)
    tailrace connector config shop --set snapshot.mode=recovery
    tailrace connector resume shop --wait
    until tailrace events tail --connector shop --op u | grep -q 'id='; do sleep 0.2; done
    tailrace connector config shop --set snapshot.mode=initial --wait
    ;;
esac
tailrace learn check --answer altered={{_altered}}
