"""moto applies a Deny whatever its Condition says: a policy that demands TLS locks everyone out.

Conditions cannot be judged here (there is no TLS on 127.0.0.1), so a conditional Deny is skipped.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.iam.access_control import IAMPolicyStatement, PermissionResult


def ignore_conditional_denials() -> None:
    """Let a Deny with a Condition decide nothing."""
    statements: Any = IAMPolicyStatement
    judge = statements.is_action_permitted
    if hasattr(judge, "__wrapped__"):
        return

    @functools.wraps(judge)
    def is_action_permitted(self: Any, *args: Any, **kwargs: Any) -> Any:
        statement = self._statement
        if statement.get("Effect") == "Deny" and statement.get("Condition"):
            return PermissionResult.NEUTRAL
        return judge(self, *args, **kwargs)

    statements.is_action_permitted = is_action_permitted
