"""The operator's tool: drop a file, look at its run, approve or reject, trust the table."""
