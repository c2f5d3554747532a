"""Faults on demand: what AWS does on its bad days, at the moments that a test chooses."""
