# syntax=docker/dockerfile:1
# One image for all our processes; docker-compose.yml says which one a container runs.
# Dependencies come from the hashed lock alone; the package index is the builder's default.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/tallystick
WORKDIR /source
COPY requirements.lock ./
RUN /opt/tallystick/bin/pip install --require-hashes --no-deps --only-binary=:all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY protocol protocol
COPY chain chain
COPY client client
COPY logs logs
COPY orchestrator orchestrator
COPY mpc mpc
COPY workers workers
COPY audit_explorer audit_explorer
COPY embedded embedded
COPY cli cli
COPY demo demo
RUN /opt/tallystick/bin/pip install --no-deps --no-build-isolation --no-index .
# the field kernels, beside the installed sources: the image runs on any x86-64 or arm64 and picks its variant at run time
WORKDIR /
RUN /opt/tallystick/bin/python -m mpc.backends.fast.kernels.build && test -n "$(find /opt/tallystick -name 'kernels-*.so')"

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Tallystick" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/tallystick /opt/tallystick
ENV PATH=/opt/tallystick/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tally
USER 10001:10001
WORKDIR /tmp
CMD ["tally", "--help"]
