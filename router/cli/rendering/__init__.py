"""Rendering: pure functions from findings and records to text and JSON. Nothing here prints, reads a file or ends the program."""
