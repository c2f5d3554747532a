"""API Gateway: HTTP APIs and REST APIs, from a request to the function's answer."""
