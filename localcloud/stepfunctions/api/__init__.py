"""The actions of the Step Functions API, one module for each kind of thing they act on.

An action is a function `(runtime, params) -> result`, or a coroutine where it waits; both run on
the scheduler's thread. They raise `ApiError` with AWS's code.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
"""
