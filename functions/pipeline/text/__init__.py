"""Bytes into records: encodings, dialects, compression, headers, and what was wrong with them."""
