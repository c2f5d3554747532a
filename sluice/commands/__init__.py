"""One module per command; `sluice.cli` imports a command when it is called."""
