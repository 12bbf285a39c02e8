"""`make bench`: how long the clinic takes for what people wait for, at several sizes, each beside its floor.

Not a test: nothing here fails because a machine is slow. `python -m tests.bench` starts its own PostgreSQL, durable,
fills a database for each size by the large demo, measures, and writes docs/performance.md.
"""
