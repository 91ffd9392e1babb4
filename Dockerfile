# unetcolor with ONNX Runtime: the command and the service, without Keras and TensorFlow, which only training needs.
#
#   docker build --tag unetcolor .
#   docker run --rm --read-only --tmpfs /tmp --publish 127.0.0.1:8000:8000 unetcolor

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY licenses licenses
COPY src src
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
ENV PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PYTHONUNBUFFERED=1 ORT_DISABLE_TELEMETRY=1 UNETCOLOR_HOME=/data
COPY docker/requirements.txt /tmp/requirements.txt
COPY --from=build /wheels /tmp/wheels
# Without its dependencies, of which TensorFlow and Keras are the larger part.
RUN pip install --requirement /tmp/requirements.txt \
    && pip install --no-deps /tmp/wheels/*.whl \
    && rm -r /tmp/requirements.txt /tmp/wheels \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin unetcolor
USER 10001
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --start-period=10s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8000/health', timeout=5)"]
ENTRYPOINT ["unetcolor"]
CMD ["serve", "--host", "0.0.0.0"]
