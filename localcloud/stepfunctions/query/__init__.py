"""What the two query languages evaluate: paths, templates, functions, conditions."""
