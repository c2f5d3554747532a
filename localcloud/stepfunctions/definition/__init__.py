"""Parsing and validating state machine definitions."""
