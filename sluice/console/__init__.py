"""The console: runs, their graphs as they go on, and the gate, in a browser on this machine."""
