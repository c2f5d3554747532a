"""What Task states call: one module for each family of integrations.

Each is a coroutine `(call) -> result` that raises `StatesError` with AWS's error name.
"""
