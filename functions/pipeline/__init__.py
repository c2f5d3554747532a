"""The pure core of the pipeline: no AWS, no environment, standard library only."""
