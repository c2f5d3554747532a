"""Runs as an operator sees them, and what he does about them."""
