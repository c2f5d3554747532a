"""Nothing: the sample's job is never run."""
