"""What reaches a person: text, tables, exit codes."""
