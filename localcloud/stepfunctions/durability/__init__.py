"""How executions survive their process: a journal that is written ahead and read at the start."""
