"""One version of a function: everything that a worker process needs to know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.http.keys import AccessKey


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionVersion:
    """Configuration and code of a function at one version (`$LATEST` or a number)."""

    name: str
    arn: str
    version: str
    handler: str
    runtime: str
    region: str
    memory_mb: int
    timeout_seconds: int
    environment: Mapping[str, str]
    code_sha256: str
    code: bytes
    log_group: str
    log_format: str = "Text"
    application_log_level: str = ""
    reserved_concurrency: int | None = None
    traced: bool = False

    @property
    def log_stream_name(self) -> str:
        """What the log streams bear of the function: its name, where others may share the group.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
        """
        return "" if self.log_group == f"/aws/lambda/{self.name}" else self.name

    @property
    def environment_key(self) -> tuple[object, ...]:
        """Two invocations may share a worker only when all of this is equal."""
        return (
            self.arn,
            self.version,
            self.code_sha256,
            self.handler,
            self.memory_mb,
            self.log_group,
            self.log_format,
            self.application_log_level,
            tuple(sorted(self.environment.items())),
        )


def worker_environment(
    function: FunctionVersion,
    *,
    task_root: str,
    temp_dir: str,
    log_stream: str,
    runtime_api: str,
    endpoint_url: str,
    access_key: AccessKey,
    xray_daemon: str,
    inherited: Mapping[str, str],
) -> dict[str, str]:
    """The environment variables of a worker: AWS's reserved ones and the function's own.

    A function's own variable wins, as on AWS, except for those that AWS reserves.
    `inherited` is the server's environment; only what a process needs to run is taken from it.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV", "AWS_CA_BUNDLE")
    defaults = {
        **{name: inherited[name] for name in kept if name in inherited},
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": temp_dir,
        "TMPDIR": temp_dir,
        "PYTHONUNBUFFERED": "1",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": xray_daemon,
    }
    reserved = {
        "_HANDLER": function.handler,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_ACCESS_KEY_ID": access_key.id,
        "AWS_SECRET_ACCESS_KEY": access_key.secret,
        "AWS_SESSION_TOKEN": "local",
        "LAMBDA_TASK_ROOT": task_root,
        "LAMBDA_RUNTIME_DIR": task_root,
    }
    if function.application_log_level:
        reserved["AWS_LAMBDA_LOG_LEVEL"] = function.application_log_level
    return defaults | dict(function.environment) | reserved
