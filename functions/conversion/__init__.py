"""The small path: a contract compiled to SQL and run by DuckDB in one process."""
