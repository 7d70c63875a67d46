"""The one place that has the version; pyproject.toml reads it from here. Imports nothing."""

VERSION = "0.1.0"
