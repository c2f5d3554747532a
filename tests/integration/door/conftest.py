from __future__ import annotations

from tests.support.fronted_stack import stack, table_endpoint, table_front

__all__ = ["stack", "table_endpoint", "table_front"]
