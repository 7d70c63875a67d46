"""The explanations: each a probability model of where copies come, with free parameters and their priors."""
