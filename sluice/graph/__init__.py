"""A state machine as a picture: parsed, laid out, drawn as SVG or as text, with a run's status."""
