"""Facts of Aurora → plan: what must be refused is, with its reason; and the order of what is not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from support.aurora_facts import (
    ARN,
    CLUSTER,
    ENDPOINT,
    FAR,
    HERE,
    READER,
    SECOND,
    WHOLE,
    WRITER,
    facts,
    global_facts,
)
from support.failover_facts import OLD
from tailrace.ops.failover.aurora.plan import make_plan
from tailrace.ops.failover.aurora.refuse import AuroraWish
from tailrace.ops.failover.facts import Member
from tailrace.ops.failover.plan import Refused
from tailrace.ops.failover.runbook import write_runbook
from tailrace.ops.failover.step import Aws, Holds, Plan

if TYPE_CHECKING:
    from tailrace.ops.failover.aurora.facts import AuroraFacts
    from tailrace.ops.failover.step import Step

WISH = AuroraWish()
LOSS = AuroraWish(allow_data_loss=True)
GONE = Member("source", CLUSTER.address, error="timed out")


def refused(found: AuroraFacts, wish: AuroraWish = WISH) -> list[tuple[str, str]]:
    made = make_plan(found, wish)
    assert isinstance(made, Refused), "there is a plan"
    assert all(reason.hint for reason in made.reasons)
    return [(f"{reason.words} | {reason.hint}", reason.gtids) for reason in made.reasons]


def planned(found: AuroraFacts, wish: AuroraWish = WISH) -> Plan:
    made = make_plan(found, wish)
    assert isinstance(made, Plan), made
    return made


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def step(plan: Plan, name: str) -> Step:
    return next(one for one in plan.steps if one.name == name)


def asked(plan: Plan) -> tuple[Aws, dict[str, Any]]:
    found = next(action for one in plan.steps for action in one.act if isinstance(action, Aws))
    return found, json.loads(found.parameters)


def test_a_connector_is_stopped_before_aws_is_asked_and_resumed_after_it_was_compared_with_the_new_writer() -> None:
    plan = planned(facts())
    assert names(plan) == ["stop-shop", "compare-shop", "note", "promote", "writer", "answers-source", "resume-shop"]
    held = [check.words for check in step(plan, "resume-shop").before]
    assert held == ["the new writer has all that shop has captured", mock.ANY]
    assert [one.name for one in plan.steps if one.no_return] == ["promote"]
    assert asked(plan)[1] == {"DBClusterIdentifier": "shop", "TargetDBInstanceIdentifier": "shop-2"}
    # The name stays, so no configuration is touched.
    assert "PATCH" not in str(plan.to_json())


def test_the_name_is_not_trusted_role_instance_and_gtids_are_asked_in_one_query_for_a_while() -> None:
    (check,) = step(planned(facts(), AuroraWish(settle=7)), "answers-source").after
    assert isinstance(check, Holds)
    assert check.steady == 7
    assert check.expected == "the writer shop-2"
    for word in ("innodb_read_only", "@@GLOBAL.read_only", "GTID_SUBTRACT({final}", "aurora_server_id"):
        assert word in check.query


def test_the_instance_of_the_best_tier_takes_over_unless_one_is_named() -> None:
    third = replace(READER, name="shop-3", tier=0)
    three = facts(instances=(WRITER, READER, third))
    assert asked(planned(three))[1]["TargetDBInstanceIdentifier"] == "shop-3"
    assert asked(planned(three, AuroraWish(target="shop-2")))[1]["TargetDBInstanceIdentifier"] == "shop-2"


@pytest.mark.parametrize(
    ("found", "wish", "words", "gtids"),
    [
        (facts(instances=(WRITER,)), WISH, "InvalidDBClusterStateFault", ""),
        (facts(), AuroraWish(target="shop-3"), "did you mean shop-", ""),
        (facts(), AuroraWish(target="shop-1"), "is the writer already", ""),
        (facts(instances=(WRITER, replace(READER, status="rebooting"))), WISH, "rebooting", ""),
        (facts(status="failing-over"), WISH, "is failing-over", ""),
        (facts(engine="aurora-postgresql"), WISH, "aurora-postgresql", ""),
        (facts(), LOSS, "leave out --allow-data-loss", ""),
        (facts(source=replace(ENDPOINT, read_only=True)), WISH, "leads to a reader (shop-1)", ""),
        (facts(source=replace(ENDPOINT, log_bin=False)), WISH, "writes no binlog", ""),
        (facts(source=replace(ENDPOINT, has_gtids=False)), WISH, "gtid-mode off", ""),
        (facts(replace(HERE, gtids="")), WISH, "without GTIDs", ""),
        (facts(replace(HERE, gtids=f"{OLD}:1-101")), WISH, "the cluster lacks", f"{OLD}:101"),
        (facts(source=replace(ENDPOINT, purged=f"{OLD}:1-98")), WISH, "has purged", f"{OLD}:98"),
        (global_facts(facts(source=GONE)), WISH, "a switchover loses nothing and needs it", ""),
        (global_facts(whole=replace(WHOLE, members=((FAR, True), (ARN, False)))), WISH, "is a secondary", ""),
        (global_facts(whole=replace(WHOLE, members=((FAR, True),))), WISH, "is no part", ""),
        (global_facts(whole=replace(WHOLE, status="switching-over")), WISH, "is switching-over", ""),
        (global_facts(target=None), WISH, f"--target one of: {FAR}", ""),
        (global_facts(target=replace(SECOND, instances=())), WISH, "has no instance", ""),
        (global_facts(target=replace(SECOND, parameters=(("gtid-mode", "OFF"),))), WISH, "has GTIDs off", ""),
        (global_facts(target=replace(SECOND, parameters=(("binlog_format", "OFF"),))), WISH, "binlog_format OFF", ""),
        (global_facts(enhanced_binlog=True), WISH, "--fence-command", ""),
        (
            global_facts(facts(replace(HERE, in_transaction=True)), enhanced_binlog=True),
            AuroraWish(fence_command="true"),
            "would ask for that one again",
            "",
        ),
    ],
)
def test_what_would_lose_transactions_or_fail_at_aws_is_refused_with_the_reason(
    found: AuroraFacts, wish: AuroraWish, words: str, gtids: str
) -> None:
    assert [told for said, told in refused(found, wish) if words in said] == [gtids]


def test_a_switchover_is_asked_for_in_the_old_region_and_a_failover_in_the_new_one() -> None:
    order, parameters = asked(planned(global_facts()))
    assert (order.operation, order.region) == ("switchover_global_cluster", "eu-west-1")
    assert parameters == {"GlobalClusterIdentifier": "shop-global", "TargetDbClusterIdentifier": FAR}
    order, parameters = asked(planned(global_facts(facts(source=GONE)), LOSS))
    assert (order.operation, order.region) == ("failover_global_cluster", "us-east-1")
    assert parameters["AllowDataLoss"] is True


def test_to_another_region_connectors_are_given_the_other_clusters_address() -> None:
    plan = planned(global_facts())
    moved = [action for action in step(plan, "resume-shop").act if getattr(action, "method", "") == "PATCH"]
    assert json.loads(getattr(moved[0], "body", "")) == {
        "database.hostname": "shop-us.cluster-x",
        "database.port": "3306",
    }


def test_with_data_loss_nothing_is_asked_of_a_region_that_is_gone_and_what_is_ahead_is_named() -> None:
    ahead = replace(HERE, gtids=f"{OLD}:1-99")
    plan = planned(global_facts(facts(ahead, GONE)), LOSS)
    assert [server for server, _ in plan.servers] == ["candidate"]
    assert "source" not in {getattr(part, "server", "") for one in plan.steps for part in (*one.act, *one.after)}
    assert any(f"{OLD}:99" in warning for warning in plan.warnings)
    assert names(plan)[:2] == ["stop-shop", "offset-shop"]
    assert step(plan, "resume-shop").before[0].words == "the new writer has all that shop has captured"


def test_with_the_enhanced_binlog_connectors_read_all_while_nobody_writes_before_the_regions_change() -> None:
    plan = planned(global_facts(enhanced_binlog=True), AuroraWish(fence_command="stop-clients"))
    order = names(plan)
    assert order[:3] == ["quiet", "drain-shop", "stop-shop"]
    assert any("000001" in warning for warning in plan.warnings)


@pytest.mark.parametrize("address", [WRITER.address, CLUSTER.reader_address])
def test_a_connector_that_calls_one_instance_is_given_the_cluster_endpoint(address: str) -> None:
    plan = planned(facts(replace(HERE, address=address)))
    moved = next(action for action in step(plan, "resume-shop").act if getattr(action, "method", "") == "PATCH")
    assert "shop.cluster-x" in getattr(moved, "body", "")
    assert any("given the cluster endpoint" in " ".join(warning.split()) for warning in plan.warnings)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (facts(backtrack_hours=24.0), "Backtrack window of 24 h"),
        (facts(instances=(WRITER, replace(READER, parameters="pending-reboot"))), "pending-reboot"),
        (replace(facts(), retention_hours=None), "binlog retention hours"),
        (facts(source=GONE), "cannot be asked"),
        (facts(replace(HERE, address="elsewhere:1")), "by none of the names given"),
    ],
)
def test_what_may_surprise_is_told(found: AuroraFacts, words: str) -> None:
    assert any(words in warning for warning in planned(found).warnings)


@pytest.mark.parametrize(
    ("found", "wish"),
    [
        (facts(), WISH),
        (facts(replace(HERE, name="it's `id` $(id)"), GONE), WISH),
        (global_facts(enhanced_binlog=True), AuroraWish(fence_command="it's $(id)")),
        (global_facts(facts(source=GONE)), LOSS),
    ],
)
def test_a_plan_comes_back_from_its_journal_and_its_runbook_is_clean_bash_with_every_check(
    found: AuroraFacts, wish: AuroraWish, tmp_path: Path
) -> None:
    plan = planned(found, wish)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    script = tmp_path / "runbook.sh"
    script.write_text(write_runbook(plan), encoding="utf-8")
    shellcheck = str(Path(sys.executable).parent / "shellcheck")
    checked = subprocess.run(
        [shellcheck, "--severity=warning", str(script)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    for one in plan.steps:
        for check in (*one.before, *one.after):
            assert check.words.split("'")[0] in script.read_text()


@pytest.mark.parametrize(("ahead", "code", "resumed"), [("shop", 4, ["other"]), ("nobody", 0, ["shop", "other"])])
def test_in_bash_too_a_connector_that_is_held_does_not_keep_the_others(
    ahead: str, code: int, resumed: list[str]
) -> None:
    two = replace(facts(), connectors=(HERE, replace(HERE, name="other")))
    text = write_runbook(planned(two))
    stubs = f"""set -euo pipefail; HELD=() captured_shop= captured_other= offset_shop= offset_other= WORKER=http://w
say() {{ :; }}
until_() {{ [[ $2 != *"that {ahead} has captured" ]]; }}
api() {{ echo "$2"; }} >&3
"""
    done = subprocess.run(
        ["bash", "-c", stubs + "exec 3>&1\n" + text[text.index("say 'resume-shop") :]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert [line.split("/")[4] for line in done.stdout.splitlines()] == resumed


def test_the_clis_options_are_those_that_the_sdk_is_given() -> None:
    text = write_runbook(planned(facts()))
    options = "--region eu-west-1 --db-cluster-identifier shop --target-db-instance-identifier shop-2"
    assert f"order failover-db-cluster {options}" in text
    text = write_runbook(planned(global_facts(), LOSS))
    options = f"--region us-east-1 --global-cluster-identifier shop-global --target-db-cluster-identifier {FAR}"
    assert f"order failover-global-cluster {options} --allow-data-loss" in text
