"""Realistic files, made as the programs write them that people get their files from."""
