# Doorward's server.  docs/container.md says how to run it.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
# The build tools stay out of the server's environment, which has no pip either.
RUN python -m venv --without-pip /opt/doorward
RUN python -m venv build-tools
RUN pip --python /opt/doorward/bin/python install --no-cache-dir --require-hashes -r requirements.lock
RUN build-tools/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN build-tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist .
RUN pip --python /opt/doorward/bin/python install --no-cache-dir --no-deps dist/doorward-*.whl

FROM python:${PYTHON}-slim
# Fixed numbers, so that files in a volume keep their owner from image to image.
RUN groupadd --gid 10001 doorward \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/doorward \
        --shell /usr/sbin/nologin doorward \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/doorward
COPY --from=build /opt/doorward /opt/doorward
# The root key must come from outside: in the volume it would lie beside the database that it
# protects, and in the container it would be lost with it.  Nobody can write to /etc/doorward.
ENV PATH=/opt/doorward/bin:$PATH \
    DOORWARD_HOST=0.0.0.0 \
    DOORWARD_DATABASE=sqlite:////var/lib/doorward/doorward.db \
    DOORWARD_ROOT_KEY_FILE=/etc/doorward/root.key
USER doorward
WORKDIR /var/lib/doorward
VOLUME /var/lib/doorward
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", "from http.client import HTTPConnection as To; to = To('127.0.0.1', 8000, timeout=4); to.request('GET', '/healthz'); exit(to.getresponse().status != 200)"]
ENTRYPOINT ["doorward"]
CMD ["serve"]
