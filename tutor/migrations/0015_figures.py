"""Figures of stays, and what was used of the models on each day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tutor', '0014_review'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('model', models.CharField(blank=True, max_length=100, verbose_name='model')),
                ('text_in', models.PositiveBigIntegerField(default=0, verbose_name='text in')),
                ('cached_text_in', models.PositiveBigIntegerField(default=0, verbose_name='text in, cached')),
                ('text_out', models.PositiveBigIntegerField(default=0, verbose_name='text out')),
                ('audio_in', models.PositiveBigIntegerField(default=0, verbose_name='sound in')),
                ('cached_audio_in', models.PositiveBigIntegerField(default=0, verbose_name='sound in, cached')),
                ('audio_out', models.PositiveBigIntegerField(default=0, verbose_name='sound out')),
                ('image_in', models.PositiveBigIntegerField(default=0, verbose_name='pictures in')),
                ('cached_image_in', models.PositiveBigIntegerField(default=0, verbose_name='pictures in, cached')),
                ('seconds', models.FloatField(default=0, verbose_name='seconds of speech')),
                ('cost', models.DecimalField(decimal_places=6, max_digits=12, null=True, verbose_name='cost, in USD')),
            ],
            options={
                'verbose_name': 'use of a model on a day',
                'verbose_name_plural': 'use of models on days',
                'ordering': ['attempt', 'day', 'model'],
            },
        ),
        migrations.CreateModel(
            name='StayDigest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_rehearsal', models.BooleanField(default=False, verbose_name='rehearsal')),
                ('started_at', models.DateTimeField(verbose_name='attempt started at')),
                ('stage_key', models.CharField(max_length=50, verbose_name='stage')),
                ('end', models.CharField(choices=[('moved', 'moved on'), ('left', 'left early'), ('time_up', 'time was up'), ('open', 'still there')], max_length=7, verbose_name='end')),
                ('outcome', models.CharField(blank=True, max_length=50, verbose_name='outcome')),
                ('again', models.BooleanField(default=False, verbose_name='again')),
                ('seconds', models.PositiveIntegerField(default=0, verbose_name='seconds')),
                ('learner_turns', models.PositiveIntegerField(default=0, verbose_name='turns of the learner')),
                ('tutor_turns', models.PositiveIntegerField(default=0, verbose_name='turns of the tutor')),
                ('learner_words', models.PositiveIntegerField(default=0, verbose_name='words of the learner')),
                ('tutor_words', models.PositiveIntegerField(default=0, verbose_name='words of the tutor')),
                ('waits', models.PositiveIntegerField(default=0, verbose_name='answers of the tutor')),
                ('wait_ms', models.PositiveIntegerField(default=0, verbose_name='waits for them, in milliseconds')),
                ('corrected', models.PositiveIntegerField(default=0, verbose_name='sentences corrected by the learner')),
                ('misheard', models.PositiveIntegerField(default=0, verbose_name='sentences noted as misheard')),
                ('unwritten', models.PositiveIntegerField(default=0, verbose_name='sentences not written down')),
            ],
            options={
                'verbose_name': 'digest of a stay',
                'verbose_name_plural': 'digests of stays',
                'ordering': ['attempt', 'visit'],
            },
        ),
        migrations.AddField(
            model_name='digest',
            name='edition',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='edition'),
        ),
        migrations.AddIndex(
            model_name='usagereport',
            index=models.Index(models.F('attempt'), models.F('stored_at'), name='usage_report_stored'),
        ),
        migrations.AddField(
            model_name='dayuse',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='tutor.attempt', verbose_name='attempt'),
        ),
        migrations.AddField(
            model_name='staydigest',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stay_digests', to='tutor.attempt', verbose_name='attempt'),
        ),
        migrations.AddField(
            model_name='staydigest',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tutor.lessonversion', verbose_name='version'),
        ),
        migrations.AddField(
            model_name='staydigest',
            name='visit',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='digest', to='tutor.stagevisit', verbose_name='visit'),
        ),
        migrations.AddIndex(
            model_name='dayuse',
            index=models.Index(models.F('day'), models.F('attempt'), name='day_use_by_day'),
        ),
        migrations.AddIndex(
            model_name='dayuse',
            index=models.Index(models.F('model'), models.F('day'), name='day_use_by_model'),
        ),
        migrations.AddConstraint(
            model_name='dayuse',
            constraint=models.UniqueConstraint(models.F('attempt'), models.F('day'), models.F('model'), name='day_use_once'),
        ),
        migrations.AddIndex(
            model_name='staydigest',
            index=models.Index(models.F('version'), models.F('is_rehearsal'), models.F('stage_key'), models.F('end'), models.F('outcome'), name='stay_digest_sums'),
        ),
    ]
