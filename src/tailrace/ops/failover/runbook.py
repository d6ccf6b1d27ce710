"""The steps of a plan as a bash script that a person can review and run: the same actions, checks and times.

It needs bash, mysql and curl. Passwords are in option files and in the environment, never on a command line.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import quote

from tailrace.ops.failover.step import (
    REPLICATION_PASSWORD,
    ConnectorIs,
    Fenced,
    Holds,
    Remember,
    RememberOffset,
    Rest,
    Shell,
    Sql,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailrace.ops.failover.step import Action, Check, Plan, Step

_HEAD = r"""#!/usr/bin/env bash
# __TITLE__
# Made by `tailrace failover runbook` from the facts of that moment. Read it before you run it.
#
# Needs bash, mysql (a client that the servers let in), curl.
#   LOGIN=FILE           option file of mysql ([client] user=…, password=…) for all servers, or one each:
#                        __LOGINS__
__SECRETS__#   CURL_CONFIG=FILE     option file of curl, where the worker asks for a login (user = "name:password")
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

# api METHOD PATH [JSON]: a request to the worker of Connect
api() {
  curl --silent --show-error --fail-with-body --max-time 100 --retry 30 --retry-delay 1 --retry-max-time 30 \
    ${CURL_CONFIG:+--config "$CURL_CONFIG"} --request "$1" --header 'Content-Type: application/json' \
    ${3:+--data "$3"} "$WORKER$2"
}

# state CONNECTOR PATH STOPPED|RUNNING: whether it is that, with all its tasks
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

# captured PATH UUID: the GTID set of the stored offset; inside a transaction, with the next GTID of this server
captured() {
  local offset gtids part
  offset=$(api GET "$1/offsets" | tr -d '[:space:]')
  gtids=$(sed -n 's/.*"gtids":"\([^"]*\)".*/\1/p' <<<"$offset" | sed 's/\\n//g')
  if [[ $offset =~ \"(event|row)\":[1-9] && $gtids == *"$2:"* ]]; then
    part=${gtids##*"$2:"} part=${part%%,*}
    gtids+=,$2:$((${part##*[:-]} + 1))
  fi
  printf '%s' "$gtids"
}

# until SECONDS WORDS COMMAND…: waits until it holds
until_() {
  local ends=$((SECONDS + $1)) words=$2
  shift 2
  until "$@"; do
    if ((SECONDS >= ends)); then say "  does not come to hold: $words; found: ${FOUND:-nothing}"; return 1; fi
    sleep 0.1
  done
  say "  $words${FOUND:+: ${FOUND:0:200}}"
}

UNDO=() RETURN=yes FOUND=
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


def write_runbook(plan: Plan) -> str:
    """The script's text."""
    return "".join(_parts(plan))


def _parts(plan: Plan) -> Iterator[str]:
    names = [name for name, _ in plan.servers]
    has_secret = REPLICATION_PASSWORD in str(plan.to_json())
    needed = "#   REPLICATION_PASSWORD of the user by whom the old primary follows the new one\n"
    title = f"{plan.kind}: {', '.join(f'{name} {address}' for name, address in plan.servers)}"
    head = _HEAD.replace("__TITLE__", title).replace("__LOGINS__", ", ".join(f"{_variable(n)}_LOGIN" for n in names))
    yield head.replace("__SECRETS__", needed if has_secret else "")
    yield "\n"
    for name, address in plan.servers:
        yield f"{_variable(name)}_PLACE={shlex.quote(address)}\n"
    for name in names:
        default = "CANDIDATE_LOGIN" if name == "endpoint" else "LOGIN"
        yield f': "${{{_variable(name)}_LOGIN:=${{{default}:-}}}}"\n'
    for name in names:
        yield f"need {_variable(name)}_LOGIN 'the option file with the login of {name}'\n"
    if has_secret:
        yield "need REPLICATION_PASSWORD 'the password of the replication user'\n"
    if plan.worker:
        yield f"WORKER=${{WORKER:-{shlex.quote(plan.worker)}}}\n"
    for warning in plan.warnings:
        yield f"# Mind: {warning}\n"
    for step in plan.steps:
        yield from _step(step)
    yield "\nsay 'done'\n"


def _step(step: Step) -> Iterator[str]:
    name = _function(step.name)
    if step.undo:
        yield f"\nundo_{name}() {{\n"
        yield from (f"  {_action(action, step.seconds)}\n" for action in step.undo)
        yield "}\n"
    yield f"\nsay {shlex.quote(f'{step.name}: {step.title}')}\n"
    yield from (f"until_ 0 {shlex.quote(check.words)} {_check(check)}\n" for check in step.before)
    if step.no_return:
        yield "RETURN=no # From here on nothing is taken back.\n"
    if step.undo:
        yield f"UNDO+=({name})\n"
    yield from (f"{_action(action, step.seconds)}\n" for action in step.act)
    yield from (f"until_ {step.seconds:.0f} {shlex.quote(check.words)} {_check(check)}\n" for check in step.after)


def _action(action: Action, seconds: float) -> str:
    match action:
        case Sql(server, statements):
            return f'ask {server} {seconds:.0f} <<<"{_sql("; ".join(statements))}"'
        case Remember(name, server, query):
            return f'{name}=$(ask {server} 10 <<<"{_sql(query)}")'
        case RememberOffset(name, connector, source_uuid):
            return f"{name}=$(captured {shlex.quote(_path(connector))} {shlex.quote(source_uuid)})"
        case Rest(method, path, body):
            return f"api {method} {shlex.quote(path)} {shlex.quote(body) + ' ' if body else ''}>/dev/null"
        case Shell(command):
            return f"timeout {seconds:.0f} sh -c {shlex.quote(command)}"


def _check(check: Check) -> str:
    match check:
        case Holds(server, query, expected, _):
            return f'same {server} "{_sql(query)}" {shlex.quote(expected)}'
        case Fenced(server, _):
            return f"shut {server}"
        case ConnectorIs(connector, state, _):
            return f"state {shlex.quote(connector)} {shlex.quote(_path(connector))} {state}"


def _sql(text: str) -> str:
    """For double quotes, with remembered values in it."""
    escaped = "".join("\\" + letter if letter in '\\"$`' else letter for letter in text)
    parts = escaped.replace(f"{{{REPLICATION_PASSWORD}}}", '$(literal "$REPLICATION_PASSWORD")').split("{")
    return parts[0] + "".join("'$" + part.replace("}", "'", 1) for part in parts[1:])


def _path(connector: str) -> str:
    return f"/connectors/{quote(connector, safe='')}"


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _function(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
