"""What every runbook begins with: functions of bash that its steps call."""

from __future__ import annotations

HEAD = r"""#!/usr/bin/env bash
# __TITLE__
# Made by `tailrace failover runbook` from the facts of that moment. Read it before you run it.
#
# Needs bash, mysql (a client that the servers let in), curl__NEEDS__.
#   LOGIN=FILE           option file of mysql ([client] user=…, password=…) for all servers, or one each:
#                        __LOGINS__
__SECRETS__#   CURL_CONFIG=FILE     option file of curl, where workers ask for a login (user = "name:password")
#
# Exit codes: 0 done; 1 a step failed, all was taken back; 2 something is not given; 4 a step failed past the point of
# no return, or not all could be taken back: repair by hand what is named.
set -euo pipefail
shopt -s inherit_errexit

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2; }

need() { [[ -n ${!1:-} ]] || { say "$1 is not set: $2"; exit 2; }; }

# literal TEXT: as a literal of SQL
literal() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}

# ask SERVER SECONDS: the statements on standard input; rows go to standard output
ask() {
  local login=${1^^}_LOGIN place=${1^^}_PLACE
  login=${login//-/_} place=${place//-/_}
  timeout "$2" mysql --defaults-extra-file="${!login}" --protocol=TCP --host="${!place%:*}" --port="${!place##*:}" \
    --connect-timeout=3 --batch --raw --skip-column-names | tr -d '\n'
}

# same SERVER SQL VALUE: whether the query has this value; FOUND is what it has
same() {
  FOUND=$(ask "$1" 10 <<<"$2" 2>&1) || return 1
  [[ $FOUND == "$3" ]]
}

# shut SERVER: whether it does not answer, or takes no writes
shut() {
  if FOUND=$(ask "$1" 10 <<<'SELECT @@GLOBAL.super_read_only' 2>&1); then
    [[ $FOUND == 1 ]]
  else
    [[ $FOUND == *"ERROR 2002"* || $FOUND == *"ERROR 2003"* || $FOUND == *"ERROR 2013"* ]]
  fi
}

# api METHOD URL [JSON]: a request to a worker of Connect
api() {
  curl --silent --show-error --fail-with-body --max-time 100 --retry 30 --retry-delay 1 --retry-max-time 30 \
    ${CURL_CONFIG:+--config "$CURL_CONFIG"} --request "$1" --header 'Content-Type: application/json' \
    ${3:+--data "$3"} "$2"
}

# state CONNECTOR URL STOPPED|RUNNING: whether it is that, with all its tasks
state() {
  FOUND=$(api GET "$2/status" 2>&1 | tr -d '[:space:]') || return 1
  local tasks=${FOUND#*\"tasks\":[}
  [[ $FOUND == *'"connector":{"state":"'"$3"'"'* ]] || return 1
  if [[ $3 == STOPPED ]]; then
    [[ ${tasks%%]*} == '' ]]
  else
    tasks=${tasks//'"state":"RUNNING"'/}
    [[ $FOUND == *'"tasks":[{'* && $tasks != *'"state":"'* ]]
  fi
}

# captured URL [UUID]: the GTID set of the stored offset; inside a transaction, with the next GTID of this server
captured() {
  local offset gtids part
  offset=$(api GET "$1/offsets" | tr -d '[:space:]')
  gtids=$(sed -n 's/.*"gtids":"\([^"]*\)".*/\1/p' <<<"$offset" | sed 's/\\n//g')
  if [[ -n $2 && $offset =~ \"(event|row)\":[1-9] && $gtids == *"$2:"* ]]; then
    part=${gtids##*"$2:"} part=${part%%,*}
    gtids+=,$2:$((${part##*[:-]} + 1))
  fi
  printf '%s' "$gtids"
}

# throughout SECONDS COMMAND…: whether it holds for so long, each time it is asked
throughout() {
  local ends=$((SECONDS + $1))
  shift
  while "$@"; do
    ((SECONDS < ends)) || return 0
    sleep 0.2
  done
  return 1
}

# until_ SECONDS WORDS COMMAND…: waits until it holds
until_() {
  local ends=$((SECONDS + $1)) words=$2
  shift 2
  until "$@"; do
    if ((SECONDS >= ends)); then say "  does not come to hold: $words; found: ${FOUND:-nothing}"; return 1; fi
    sleep 0.1
  done
  say "  $words${FOUND:+: ${FOUND:0:200}}"
}

UNDO=() HELD=() RETURN=yes FOUND=
finish() {
  local code=$?
  trap - EXIT INT TERM
  ((code == 0)) && exit 0
  ((code == 2)) && exit 2
  if [[ $RETURN == no ]]; then say 'past the point of no return: repair what is wrong, and go on by hand'; exit 4; fi
  local left=0 i
  for ((i = ${#UNDO[@]} - 1; i >= 0; i--)); do
    say "taking back: ${UNDO[i]}"
    "undo_${UNDO[i]}" || { say "COULD NOT BE TAKEN BACK: ${UNDO[i]}"; left=1; }
  done
  ((left)) && exit 4
  say 'all was taken back'
  exit 1
}
trap finish EXIT
trap 'exit 130' INT TERM
"""
"""Names in __CAPITALS__ are filled in by `runbook`."""

AWS = r"""
# order OPERATION OPTION…: asks AWS to do it; where AWS does not let us, nothing was done
order() {
  local said
  if ! said=$(aws rds "$@" --output json 2>&1 >/dev/null); then
    say "  AWS: ${said//$'\n'/ }"
    case $said in *AccessDenied* | *NotAuthorized* | *Expired* | *Throttling* | *credentials*) RETURN=yes ;; esac
    return 1
  fi
}

# writer CLUSTER WRITER [underway] [OPTION…]: whether it is that one, and the cluster available; or about to be
writer() {
  led "$3" "$2" describe-db-clusters --db-cluster-identifier "$1" "${@:4}" --query \
    'DBClusters[0].[Status, DBClusterMembers[?IsClusterWriter].DBInstanceIdentifier | [0]]'
}

# primary GLOBAL ARN [underway] [OPTION…]: the same of a global database
primary() {
  led "$3" "$2" describe-global-clusters "${@:4}" --query \
    "GlobalClusters[?GlobalClusterIdentifier=='$1'] | [0].[Status, GlobalClusterMembers[?IsWriter].DBClusterArn | [0]]"
}

# led UNDERWAY WRITER OPTION…: what both ask
led() {
  local underway=$1 wanted=$2 state now
  FOUND=$(aws rds "${@:3}" --output text 2>&1) || return 1
  read -r state now <<<"$FOUND"
  if [[ $underway == underway ]]; then
    [[ $now == "$wanted" || $state != available ]]
  else
    [[ $now == "$wanted" && $state == available ]]
  fi
}

# drained URL SERVER: whether a connector will ask for nothing again that the server has executed
drained() {
  local executed seen
  executed=$(ask "$2" 10 <<<'SELECT @@GLOBAL.gtid_executed') || return 1
  seen=$(captured "$1" '') || return 1
  same "$2" "SELECT GTID_SUBTRACT($(literal "$executed"), $(literal "$seen"))" ''
}
"""
"""After `HEAD`, where AWS promotes."""
