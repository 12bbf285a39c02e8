from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0004_seen_lately"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "expired"])), fields=["settled_at"], name="message_stopped"
            ),
        ),
    ]
