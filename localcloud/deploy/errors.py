"""Why a template cannot be deployed."""

from __future__ import annotations


class DeployError(Exception):
    """The template, a parameter or a resource is wrong; the message names it."""
