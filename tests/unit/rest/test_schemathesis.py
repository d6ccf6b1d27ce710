"""Requests drawn from our own OpenAPI page, right and wrong ones: every answer is one that the page tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks

from tailrace.rest.openapi import page

if TYPE_CHECKING:
    from unit.rest.conftest import Serve

CONNECTOR = {
    "connector.class": "io.debezium.connector.mysql.MySqlConnector",
    "topic.prefix": "shop",
    "database.hostname": "127.0.0.1",
    "database.user": "capture",
}

schema = schemathesis.openapi.from_dict(page())


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_those_of_the_page(case: Any, serve_once: str) -> None:
    # Which configurations are right no schema can say, so a 400 is no contradiction.
    case.call_and_validate(base_url=serve_once, excluded_checks=[checks.positive_data_acceptance], timeout=30)


def test_the_page_is_served(serve: Serve) -> None:
    assert serve({"a": CONNECTOR}).ask("GET", "/openapi.json").body == page()
