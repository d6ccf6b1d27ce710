"""What AWS, or its SDK, says went wrong, in our words. Codes: "Common Error Types" of AWS's API references."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tailrace.errors import AwsDenied, AwsError, AwsUnreachable, ConfigError, TailraceError

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"})
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})
_AWAY = frozenset(
    {
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "ConnectionClosedError",
        "ConnectionError",
        "HTTPClientError",
        "ProxyConnectionError",
        "SSLError",
    }
)
_NOBODY = frozenset({"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"})
_SINGLE_SIGN_ON = frozenset({"SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError"})
_RENEW = "renew them (`aws sso login`, or new temporary credentials from where these came), and run the same again"


def translate(error: Exception, service: str, operation: str, region: str = "") -> TailraceError:
    """`error` is the SDK's: a ClientError, which has AWS's answer, or a BotoCoreError, which has none."""
    action = action_of(service, operation)
    where = f"{action} in {region}" if region else action
    answer: dict[str, Any] | None = getattr(error, "response", None)
    if isinstance(answer, dict) and "Error" in answer:
        return _refused(answer, action, where)
    return _not_asked(error, where)


def action_of(service: str, operation: str) -> str:
    """As IAM names it: `rds:FailoverDBCluster`."""
    words = {"db": "DB", "dns": "DNS"}
    return f"{service}:" + "".join(words.get(word, word.capitalize()) for word in operation.split("_"))


def _refused(answer: dict[str, Any], action: str, where: str) -> AwsError:
    code, message = str(answer["Error"].get("Code", "")), str(answer["Error"].get("Message", ""))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    error: AwsError
    if code in _DENIED:
        page = "aws.md" if action.startswith("cloudwatch:") else "failover.md"
        hint = f"have the IAM policy of these credentials allow {action} (docs/how-to/{page} has all that it takes)"
        error = AwsDenied(f"AWS denies {action}: {message}", where=where, hint=hint)
    elif code in _EXPIRED:
        error = AwsDenied("the AWS credentials have expired", where=where, hint=_RENEW)
    elif code in _UNKNOWN:
        hint = "aws sts get-caller-identity says who you are; AWS_PROFILE and the AWS_… variables decide it"
        error = AwsDenied(f"AWS does not know these credentials: {message}", where=where, hint=hint)
    elif code in _THROTTLED:
        hint = "something else asks this account's API too often; wait, and run the same again"
        error = AwsDenied(
            "AWS throttles: too many requests, however often they were made again", where=where, hint=hint
        )
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        hint = "look at the AWS Health Dashboard, and run the same again"
        error = AwsUnreachable(
            f"AWS cannot answer now: HTTP {status} {code} {message}".rstrip(), where=where, hint=hint
        )
    else:
        error = AwsError(f"AWS refuses: {message or code}", where=where)
    error.code = code
    return error


def _not_asked(error: Exception, where: str) -> TailraceError:
    # By name, so that the SDK is imported by who has it.
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _SINGLE_SIGN_ON:
        return AwsDenied("the AWS session has expired", where=where, hint=_RENEW)
    if names & _NOBODY:
        hint = "set AWS_PROFILE, or log in (`aws configure`, `aws sso login`)"
        return AwsDenied(f"there are no AWS credentials: {error}", where=where, hint=hint)
    if "NoRegionError" in names:
        return ConfigError("no AWS region is set", where=where, hint="set AWS_REGION, or a region in the profile")
    if "ProfileNotFound" in names:
        return ConfigError(str(error), where=where, hint="aws configure list-profiles shows what there is")
    if "ParamValidationError" in names:
        return ConfigError(f"not a valid request: {error}", where=where)
    if names & _AWAY:
        hint = "is the network there, and AWS_REGION or AWS_ENDPOINT_URL right?"
        return AwsUnreachable(f"AWS does not answer: {error}", where=where, hint=hint)
    return AwsError(f"the AWS SDK says: {error}", where=where)
