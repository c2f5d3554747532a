"""The contract of a dataset, and what it compiles to: fields, forms, limits, rules."""
