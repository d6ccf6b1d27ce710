# What does not move says nothing, and a delay that somebody has set is no lag.
binlog='near zero' connector='near zero'
case {{_action}} in
    pause) connector='no data' ;;
    stop) binlog='no data' ;;
esac
tailrace learn check --answer binlog="$binlog" --answer reader='near zero' --answer global='near zero' --answer connector="$connector"
