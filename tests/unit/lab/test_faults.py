"""The table of faults: what it names is there, and the page is what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tailrace.lab.faults import FAULTS, Fault, How
from tailrace.lab.faults.fault import filled
from tailrace.ops.alerts.table import ALERTS
from tailrace.ops.doctor.checks import BUILTIN

ROOT = Path(__file__).parents[3]
CHECKS = {check.id for check in BUILTIN}
NAMES = {alert.name for alert in ALERTS}


def test_the_page_is_what_the_faults_say() -> None:
    command = [sys.executable, str(ROOT / "tools" / "troubleshooting.py"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_each_has_a_name_of_its_own_that_is_also_an_anchor_and_a_command() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= 18
    assert not {"list", "heal"} & set(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_finds_it_is_a_check_a_hop_or_an_alert_that_there_is(fault: Fault) -> None:
    assert fault.found_by
    for sign in fault.found_by:
        match sign.how:
            case How.DOCTOR:
                assert sign.name in CHECKS
            case How.ALERT:
                assert sign.name in NAMES
            case How.LAG:
                assert sign.name in {"source → connector", "connector → sink", "→ replica"}
    assert set(fault.alerts) <= NAMES
    linked = set(re.findall(r"runbooks\.md#(\w+)\)", f"{fault.why} {fault.prevent} {fault.loses}"))
    assert linked <= {name.lower() for name in NAMES}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_its_texts_are_whole_sentences(fault: Fault) -> None:
    for text in (fault.symptom, fault.why, fault.prevent):
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
    assert fault.repair


def test_placeholders_are_filled_whole_and_addresses_of_the_lab_are_left_alone() -> None:
    values = {"TABLE": "shop.a", "TABLE_ID": "7"}
    text = "kafka-topics.sh $TAILRACE_KAFKA $TABLE $TABLE_ID '${env:TABLE}'"
    assert filled(text, values) == "kafka-topics.sh $TAILRACE_KAFKA shop.a 7 '${env:TABLE}'"
