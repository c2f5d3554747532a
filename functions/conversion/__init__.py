"""The engine: a contract compiled to SQL, run by DuckDB on one split of a file at a time."""
