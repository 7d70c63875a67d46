"""Records -> findings: what came twice, late or never, exactly, at any distance."""
