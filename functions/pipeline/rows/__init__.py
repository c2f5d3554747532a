"""Valid rows on their way into items, published objects and spreadsheets."""
