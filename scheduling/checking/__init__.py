"""The second layer: read the whole book and say what cannot be right, without trusting constraints or services."""
