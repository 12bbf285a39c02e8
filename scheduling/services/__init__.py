"""Every write to the book: one verb a function. All of them lock in one order (services/locks.py)."""
