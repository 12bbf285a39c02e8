"""What the planner must know to choose between an index of parts and the list of those who were here lately.

With 100 sampled values it takes anything rarer than 1 % for one in 10,000. With 2,000 it tells 0.1 % from 1 %.
"""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0005_messages_that_stopped'),
    ]

    operations = [
        migrations.RunSQL(
            f'ALTER TABLE patients_patient ALTER COLUMN {column} SET STATISTICS 2000',
            f'ALTER TABLE patients_patient ALTER COLUMN {column} SET STATISTICS -1',
        )
        for column in ('search_text', 'phone')
    ]
