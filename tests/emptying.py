"""Empty the database after a test that committed.

Django's own way truncates every table and writes all permissions again: 0.2 s a test, most of what a short one takes.
Deleting rows where there are any takes a fortieth of that. As with TRUNCATE, no trigger speaks: history too can go.
"""

from django.db import connection, transaction


def empty_the_database() -> None:
    """Delete every row of every model's table. Sequences run on."""
    tables = [connection.ops.quote_name(name) for name in connection.introspection.django_table_names()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables))  # noqa: S608 - our own tables
        filled = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in filled:
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608
