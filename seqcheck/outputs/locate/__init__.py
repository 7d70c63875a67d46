"""The report about captures at several points, in each format."""
