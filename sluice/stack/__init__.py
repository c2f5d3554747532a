"""The stack that a command works on, on AWS or on this machine, and how it is doing."""
