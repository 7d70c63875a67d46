"""From findings and their diagnosis to the report: here, and only here, numbers become sentences."""
