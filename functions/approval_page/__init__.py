"""The page on which a person reads the facts of a run and decides: HTML, CSS, one small script."""
