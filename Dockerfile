FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv/viva

# For `manage.py backup` and `restore`.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
# Static files are hashed here, so that every server of one version serves the same names. The key signs nothing.
RUN DEBUG=False SECRET_KEY=only-while-building python manage.py collectstatic --no-input --verbosity 0 \
    && useradd --system --no-create-home viva \
    && mkdir -p var && chown viva var
USER viva

EXPOSE 8000
# SIGTERM drains for up to 15 s; give the container at least 20 (compose: stop_grace_period).
STOPSIGNAL SIGTERM
# A probe has no business with names: it asks under the first one that is allowed.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "\
import os, urllib.request as r;\
host = (os.environ.get('ALLOWED_HOSTS') or 'localhost').split(',')[0].lstrip('.*') or 'localhost';\
url = 'http://127.0.0.1:' + (os.environ.get('PORT') or '8000') + '/healthz';\
r.urlopen(r.Request(url, headers={'Host': host}), timeout=2)"]
CMD ["python", "-m", "tutor.serve", "--host", "0.0.0.0"]
