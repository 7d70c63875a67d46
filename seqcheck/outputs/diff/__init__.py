"""The difference between two reports, in each format."""
