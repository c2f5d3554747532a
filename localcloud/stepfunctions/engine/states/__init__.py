"""One module for each state type: what the state does between being entered and left."""
