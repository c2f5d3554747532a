"""Files and workers on this machine, judged and converted as the pipeline does."""
