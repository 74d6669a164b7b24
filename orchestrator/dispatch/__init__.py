"""Celery producers, one per party: the only home of celery here."""
