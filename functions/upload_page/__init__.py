"""The page on which somebody without an AWS account sends a file and learns its fate."""
