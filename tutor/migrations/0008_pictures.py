"""What learners show the tutor is kept."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tutor', '0007_prices_of_october_2026'),
    ]

    operations = [
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_id', models.CharField(max_length=64)),
                ('media_type', models.CharField(choices=[('image/jpeg', 'JPEG'), ('image/png', 'PNG'), ('image/webp', 'WebP')], max_length=10)),
                ('data', models.BinaryField()),
                ('stored_at', models.DateTimeField(auto_now_add=True)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='tutor.attempt')),
                ('connection', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='pictures', to='tutor.connection')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='tutor.stagevisit')),
            ],
            options={
                'ordering': ['attempt', 'id'],
                'constraints': [models.UniqueConstraint(models.F('attempt'), models.F('item_id'), name='picture_item_id_unique_in_attempt'), models.CheckConstraint(condition=models.Q(('item_id', ''), _negated=True), name='picture_has_item_id')],
            },
        ),
    ]
