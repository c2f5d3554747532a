"""AWS Step Functions on one machine: the States Language, its API and its histories.

How it is built: docs/explanation/local-step-functions.md
"""

from localcloud.stepfunctions.api.errors import ApiError
from localcloud.stepfunctions.engine.runtime import LambdaReply, ServiceError
from localcloud.stepfunctions.service import StepFunctions

__all__ = ["ApiError", "LambdaReply", "ServiceError", "StepFunctions"]
