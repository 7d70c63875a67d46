"""The difference between two reports, drawn."""
