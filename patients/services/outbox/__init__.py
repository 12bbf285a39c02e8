"""The outbox: put in, compose, send, and know what became of it (design 6).

`queue` puts messages in and takes them back, `registry` knows how each kind is composed, `links` makes the links that
mails carry, `sweep` sends what is due.
"""
