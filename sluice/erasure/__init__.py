"""Find, and erase, what holds the rows of one key: a person's data, as a rule."""
