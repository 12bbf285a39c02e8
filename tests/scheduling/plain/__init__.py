"""A clinic in plain Python: dictionaries and lists that say what each act does or refuses.

Written from the rules (design 4 and 6), not from the services, so that the two can be held against each other.
"""
