"""Contracts before they are deployed: drafts, datasets of a checkout, and what a change means."""
