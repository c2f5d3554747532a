"""moto's FilterLogEvents knows no `logStreamNamePrefix`: it gives the events of all streams.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.logs.responses import LogsResponse


def search_by_prefix() -> None:
    """Search the streams only whose names begin with the prefix that is given."""
    responses: Any = LogsResponse
    whole = responses.filter_log_events
    if hasattr(whole, "__wrapped__"):
        return

    @functools.wraps(whole)
    def filter_log_events(self: Any) -> Any:
        asked = json.loads(self.body)
        group = self.logs_backend.groups.get(asked.get("logGroupName"))
        prefix = asked.get("logStreamNamePrefix")
        if not prefix or group is None:
            return whole(self)
        names = [name for name in group.streams if name.startswith(prefix)]
        if not names:
            return json.dumps({"events": [], "searchedLogStreams": []})
        self.body = json.dumps({**asked, "logStreamNames": names})
        return whole(self)

    responses.filter_log_events = filter_log_events
