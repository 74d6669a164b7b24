# syntax=docker/dockerfile:1
# One image per role (coordinator, explorer, node) with that role's packages and no others; docker-compose.yml says which
# process a container runs. Dependencies come from the hashed lock alone; the package index is the builder's default.
FROM python:3.11-slim-bookworm AS build
ARG ROLE
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
# what builds stays in an environment of its own and out of the image
RUN python -m venv /opt/build && python -m venv --without-pip /opt/tallystick
WORKDIR /source
COPY requirements requirements
RUN /opt/build/bin/pip install --require-hashes --no-deps --only-binary=:all: -r requirements/build.lock
RUN /opt/build/bin/pip --python /opt/tallystick/bin/python \
    install --require-hashes --no-deps --only-binary=:all: -r "requirements/$ROLE.lock"
COPY pyproject.toml README.md LICENSE ./
COPY protocol protocol
COPY chain chain
COPY client client
COPY logs logs
COPY lookup lookup
COPY metrics metrics
COPY orchestrator orchestrator
COPY mpc mpc
COPY workers workers
COPY tallystick tallystick
COPY audit_explorer audit_explorer
COPY embedded embedded
COPY witness witness
COPY cli cli
COPY demo demo
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheel . && \
    /opt/build/bin/pip --python /opt/tallystick/bin/python install --no-deps --no-index /wheel/*.whl
# a node's field kernels, beside the installed sources: the image runs on any x86-64 or arm64 and picks its variant at run time
WORKDIR /
RUN if [ "$ROLE" = node ]; then \
    /opt/tallystick/bin/python -m mpc.backends.fast.kernels.build && test -n "$(find /opt/tallystick -name 'kernels-*.so')"; fi

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Tallystick" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/tallystick /opt/tallystick
ENV PATH=/opt/tallystick/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tally
USER 10001:10001
WORKDIR /tmp
CMD ["tally", "--help"]
