"""One subscriber that cannot be reached fails moto's whole Publish, and those after it get nothing.

On AWS a message is accepted, and then delivered to each subscriber by itself.  Here a delivery that
fails is logged and given up; an HTTP endpoint, which may take its time, is not waited for.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

import functools
import logging
import threading
from typing import Any

from moto.sns.exceptions import InvalidParameterValue
from moto.sns.models import Subscription

log = logging.getLogger(__name__)

_OUTSIDE = ("http", "https")


def deliver_one_by_one() -> None:
    """Let a Publish succeed whatever becomes of its deliveries."""
    subscription: Any = Subscription
    deliver = subscription.publish
    if hasattr(deliver, "__wrapped__"):
        return

    @functools.wraps(deliver)
    def publish(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.protocol not in _OUTSIDE:
            attempt(self, *args, **kwargs)
            return
        if kwargs.get("message_structure") == "json":  # what is wrong with it is the publisher's
            self._parse_message_structure(args[0], self.protocol)
        threading.Thread(
            target=attempt, args=(self, *args), kwargs=kwargs, name="sns", daemon=True
        ).start()

    def attempt(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            deliver(self, *args, **kwargs)
        except InvalidParameterValue:  # the message itself is none
            raise
        except Exception as error:  # noqa: BLE001  any flaw of one subscriber; its text may hold a URL
            log.warning("%s was not delivered to: %s", self.arn, type(error).__name__)

    subscription.publish = publish
