"""What executions run on: one scheduler thread, worker threads for calls that block, timers."""
