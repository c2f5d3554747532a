"""A run from the files it takes to the record of how it ended."""
