"""What our three services have in common: a call may be refused by a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from tailrace.lab.aws.faults import Faults

if TYPE_CHECKING:
    from moto.core.responses import BaseResponse
else:
    BaseResponse = object


class Refused(ServiceException):
    """An error of AWS's: code and message. moto takes its own for one of the service whose module has it."""


class Refusable(BaseResponse):
    """Before a Response of moto's; `faults` is set once."""

    faults: ClassVar[Faults]

    def call_action(self) -> Any:
        """As moto's, where no fault waits for it."""
        refused = self.faults.take(str(self.service_name), self._get_action())
        if refused is None:
            return super().call_action()
        code, message, status = refused
        _, headers, body = self.serialized(ActionResult(Refused(code, message)))
        return status, {**headers, "status": str(status)}, body
