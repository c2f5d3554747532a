"""The text of `template.yaml`: where the tables of datasets stand in it, and edits of it."""
