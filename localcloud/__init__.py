"""An AWS for one laptop: enough of it to run `template.yaml` whole, on moto, in one process.

How it is built: docs/explanation/local-cloud.md
"""
