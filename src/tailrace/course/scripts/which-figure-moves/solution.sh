binlog='near zero' reader='near zero' connector='near zero'
case {{_action}} in
    pause) connector=grows ;;
    stop) binlog='minus one' ;;
    delay) binlog=grows ;;
    reader) reader=grows ;;
esac
# Who reads from the replica is as late as the replica is; how late one is that stands still, nobody can tell.
case {{source}}/{{_action}} in
    lab-replica/stop) connector='no data' ;;
    lab-replica/delay) connector=grows ;;
esac
tailrace learn check --answer binlog="$binlog" --answer reader="$reader" --answer global='near zero' --answer connector="$connector"
