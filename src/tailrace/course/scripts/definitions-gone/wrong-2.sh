# The one for the other: a snapshot where all could be read as it happened, and over an ALTER no row at all.
tailrace connector stop shop --wait
case '{{_altered}}' in
no)
    tailrace connector offsets reset shop --yes
    tailrace connector config shop --set snapshot.mode=initial
    tailrace connector resume shop --wait
    ;;
yes)
    tailrace connector offsets reset shop --yes
    tailrace connector resume shop --wait
    ;;
esac
tailrace learn check --answer altered={{_altered}}
