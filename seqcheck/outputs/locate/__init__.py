"""What captures at several points tell, drawn."""
