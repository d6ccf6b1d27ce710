"""The steps of a plan as a bash script that a person can review and run: the same actions, checks and times.

It needs bash, mysql and curl, and aws where AWS promotes. Passwords are in option files and in the environment, never
on a command line.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from tailrace.ops.failover.bash import AWS, HEAD
from tailrace.ops.failover.connectors import path_of
from tailrace.ops.failover.step import (
    REPLICATION_PASSWORD,
    Aws,
    ConnectorIs,
    Drained,
    Fenced,
    Holds,
    Remember,
    RememberOffset,
    Rest,
    Shell,
    Sql,
    WriterIs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tailrace.ops.failover.step import Action, Check, Plan, Step


def write_runbook(plan: Plan) -> str:
    """The script's text."""
    return "".join(_parts(plan))


def _parts(plan: Plan) -> Iterator[str]:
    names = [name for name, _ in plan.servers]
    has_secret = REPLICATION_PASSWORD in str(plan.to_json())
    needed = "#   REPLICATION_PASSWORD of the user by whom the old primary follows the new one\n"
    title = f"{plan.kind}: {', '.join(f'{name} {address}' for name, address in plan.servers)}"
    needs = ", aws (the AWS CLI, with credentials and region by its usual settings)" if plan.cluster else ""
    head = HEAD.replace("__TITLE__", title).replace("__NEEDS__", needs)
    head = head.replace("__LOGINS__", ", ".join(f"{_variable(n)}_LOGIN" for n in names))
    yield head.replace("__SECRETS__", needed if has_secret else "")
    if plan.cluster:
        yield AWS
    yield "\n"
    for name, address in plan.servers:
        yield "# shellcheck disable=SC2034 # `ask` reads it by its name.\n"
        yield f"{_variable(name)}_PLACE={shlex.quote(address)}\n"
    for name in names:
        default = "CANDIDATE_LOGIN" if name == "endpoint" and "candidate" in names else "LOGIN"
        yield f': "${{{_variable(name)}_LOGIN:=${{{default}:-}}}}"\n'
    for name in names:
        yield f"need {_variable(name)}_LOGIN 'the option file with the login of {name}'\n"
    if has_secret:
        yield "need REPLICATION_PASSWORD 'the password of the replication user'\n"
    several = len(plan.workers) > 1
    workers = {url: f"WORKER_{number}" if several else "WORKER" for number, url in enumerate(plan.workers, start=1)}
    for url, variable in workers.items():
        yield f"{variable}=${{{variable}:-{shlex.quote(url)}}}\n"
    for warning in plan.warnings:
        yield f"# Mind: {' '.join(warning.split())}\n"
    for step in plan.steps:
        yield from _step(step, workers)
    if any(step.apart for step in plan.steps):
        yield '\n((${#HELD[@]})) && { say "all else is done, and not: ${HELD[*]}"; exit 4; }\n'
    yield "\nsay 'done'\n"


def _step(step: Step, workers: Mapping[str, str]) -> Iterator[str]:
    """`workers`: URL → the variable that has it."""
    name = _function(step.name)
    if step.undo:
        yield f"\nundo_{name}() {{\n"
        yield from (f"  {_action(action, step.seconds, workers)}\n" for action in step.undo)
        yield "}\n"
    yield f"\nsay {shlex.quote(f'{step.name}: {step.title}')}\n"
    before = [f"until_ 0 {shlex.quote(check.words)} {_check(check, workers)}" for check in step.before]
    act = [_action(action, step.seconds, workers) for action in step.act]
    after = [f"until_ {step.seconds:.0f} {shlex.quote(check.words)} {_check(check, workers)}" for check in step.after]
    if step.apart:
        # Within a condition bash does not stop at what fails: so each waits for the one before.
        chain = " &&\n  ".join([*before, *act, *after])
        yield f"if ! {{\n  {chain}\n}}; then HELD+=({shlex.quote(step.name)}); fi\n"
        return
    yield from (f"{line}\n" for line in before)
    if step.no_return:
        yield "RETURN=no # From here on nothing is taken back.\n"
    if step.undo:
        yield f"UNDO+=({name})\n"
    yield from (f"{line}\n" for line in (*act, *after))


def _action(action: Action, seconds: float, workers: Mapping[str, str]) -> str:
    match action:
        case Sql(server, statements):
            return f'ask {server} {seconds:.0f} <<<"{_sql("; ".join(statements))}"'
        case Remember(name, server, query):
            return f'{name}=$(ask {server} 10 <<<"{_sql(query)}")'
        case RememberOffset(name, connector, source_uuid, worker):
            return f"{name}=$(captured {_url(workers[worker], path_of(connector))} {shlex.quote(source_uuid)})"
        case Rest(method, path, body, worker):
            return f"api {method} {_url(workers[worker], path)} {shlex.quote(body) + ' ' if body else ''}>/dev/null"
        case Shell(command):
            return f"timeout {seconds:.0f} sh -c {shlex.quote(command)}"
        case Aws(service, operation, parameters, region):
            assert service == "rds", "what the steps ask for"
            return f"order {operation.replace('_', '-')} {_options(json.loads(parameters), region)}"


def _check(check: Check, workers: Mapping[str, str]) -> str:
    match check:
        case Holds(server, query, expected, _, steady):
            throughout = f"throughout {steady:.0f} " if steady else ""
            return f'{throughout}same {server} "{_sql(query)}" {shlex.quote(expected)}'
        case Fenced(server, _):
            return f"shut {server}"
        case ConnectorIs(connector, state, _, worker):
            return f"state {shlex.quote(connector)} {_url(workers[worker], path_of(connector))} {state}"
        case Drained(connector, server, _, worker):
            return f"drained {_url(workers[worker], path_of(connector))} {server}"
        case WriterIs(cluster, writer, _, is_global, underway, region):
            function = "primary" if is_global else "writer"
            state = "underway" if underway else "over"
            return f"{function} {shlex.quote(cluster)} {shlex.quote(writer)} {state} {_options({}, region)}".rstrip()


def _url(variable: str, path: str) -> str:
    return f'"${variable}"{shlex.quote(path)}'


def _options(parameters: Mapping[str, str | bool], region: str) -> str:
    """Of the AWS CLI: `--db-cluster-identifier shop`."""
    words = ["--region", region] if region else []
    for name, value in parameters.items():
        option = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()
        words += [f"--{option}"] if value is True else [f"--{option}", str(value)]
    return shlex.join(words)


def _sql(text: str) -> str:
    """For double quotes, with remembered values in it."""
    escaped = "".join("\\" + letter if letter in '\\"$`' else letter for letter in text)
    parts = escaped.replace(f"{{{REPLICATION_PASSWORD}}}", '$(literal "$REPLICATION_PASSWORD")').split("{")
    return parts[0] + "".join("'$" + part.replace("}", "'", 1) for part in parts[1:])


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _function(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
