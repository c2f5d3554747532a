"""Rows in tables and published objects: listed, exported, queried."""
