"""A function as the local cloud knows it, for tests to change what matters to them."""

from __future__ import annotations

from localcloud.lambdas.function import FunctionVersion

FUNCTION = FunctionVersion(
    name="f",
    arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    version="$LATEST",
    handler="app.handler",
    runtime="python3.13",
    region="us-east-1",
    memory_mb=256,
    timeout_seconds=3,
    environment={},
    code_sha256="",
    code=b"",
    log_group="/aws/lambda/f",
)
