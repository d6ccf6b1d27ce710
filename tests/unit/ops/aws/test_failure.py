"""What AWS says is told with what to do about it, and with the right exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import botocore.exceptions as said
import pytest

from tailrace.errors import AwsDenied, AwsError, AwsUnreachable, ConfigError
from tailrace.ops.aws.client import Aws
from tailrace.ops.aws.failure import action_of, translate

if TYPE_CHECKING:
    from tailrace.errors import TailraceError


def answered(code: str, status: int = 400, message: str = "words of AWS") -> TailraceError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return translate(said.ClientError(answer, "FailoverDBCluster"), "rds", "failover_db_cluster", "eu-west-1")


def test_a_missing_permission_is_named_as_a_policy_has_it() -> None:
    denied = answered("AccessDenied", 403)
    assert isinstance(denied, AwsDenied)
    assert "allow rds:FailoverDBCluster" in (denied.hint or "")
    assert action_of("rds", "describe_db_cluster_parameters") == "rds:DescribeDBClusterParameters"
    assert action_of("rds", "switchover_global_cluster") == "rds:SwitchoverGlobalCluster"


def test_expired_credentials_say_how_to_renew() -> None:
    for error in (
        answered("ExpiredToken", 403),
        answered("ExpiredTokenException"),
        translate(said.UnauthorizedSSOTokenError(), "rds", "describe_db_clusters"),
    ):
        assert isinstance(error, AwsDenied)
        assert "aws sso login" in (error.hint or "")


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (answered("Throttling"), AwsDenied, 1),
        (answered("InvalidClientTokenId", 403), AwsDenied, 1),
        (answered("InvalidDBClusterStateFault"), AwsError, 1),
        (answered("InternalFailure", 503), AwsUnreachable, 3),
        (translate(said.NoCredentialsError(), "rds", "x"), AwsDenied, 1),
        (translate(said.NoRegionError(), "rds", "x"), ConfigError, 2),
        (translate(said.ProfileNotFound(profile="p"), "rds", "x"), ConfigError, 2),
        (translate(said.EndpointConnectionError(endpoint_url="http://x"), "rds", "x"), AwsUnreachable, 3),
        (translate(said.ReadTimeoutError(endpoint_url="http://x"), "rds", "x"), AwsUnreachable, 3),
    ],
)
def test_each_kind_has_its_exit_code(error: TailraceError, kind: type[TailraceError], code: int) -> None:
    assert type(error) is kind
    assert error.exit_code == code


def test_without_the_sdk_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ConfigError) as caught:
        Aws()
    assert caught.value.hint == "pip install 'tailrace[aws]'"
