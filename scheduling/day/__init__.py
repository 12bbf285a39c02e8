"""A local day of the book as the desk reads it: its visits as plain values, and what marks them."""
