"""A believable clinic to look at: people, plans at every stage, a book about 70 % full.

It is made only where nothing can be lost (guard.py), from one seed and one local day: two runs on the same day agree to
the last id.
"""
