"""A clinic of any size, for `manage.py demo --patients …` and for the benchmark: the same rules, written by COPY.

Planned week by week in memory, each course by its own clinician; saved in one transaction, all constraints in force.
"""
