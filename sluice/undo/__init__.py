"""Taking a loaded run's rows back out of the table: planned first, then carried out."""
