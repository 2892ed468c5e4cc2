# One image with server, trainer and client.
#
#   docker build -t tremorcast .                                   Debian 13 with its own LibTorch, for processors
#   docker build -t tremorcast:cuda --build-arg DEVICE=cuda .      NVIDIA's base with an official CUDA LibTorch; run with --gpus 1
#
# It is built with the same deploy/install-packages that a plain Debian machine uses. tests/deploy/image-in-bare-root runs the steps of the
# processor's image without a container engine.
ARG DEVICE=cpu

FROM debian:trixie AS build-cpu

FROM nvidia/cuda:12.6.3-devel-ubuntu24.04 AS build-cuda
ARG LIBTORCH=https://download.pytorch.org/libtorch/cu126/libtorch-cxx11-abi-shared-with-deps-2.6.0%2Bcu126.zip
ADD ${LIBTORCH} /tmp/libtorch.zip
RUN apt-get update && apt-get install -y --no-install-recommends unzip && rm -rf /var/lib/apt/lists/* \
    && unzip -q /tmp/libtorch.zip -d /opt && rm /tmp/libtorch.zip
ENV CMAKE_PREFIX_PATH=/opt/libtorch OWN_LIBTORCH=/opt/libtorch

# hadolint ignore=DL3006
FROM build-${DEVICE} AS build
WORKDIR /src
COPY deploy/install-packages deploy/install-packages
RUN deploy/install-packages --build
COPY . .
# /opt/libtorch is there, if empty, in either variant: the image below takes it.
RUN cmake --preset release && cmake --build --preset release \
    && mkdir -p /out /opt/libtorch/lib && cmake --install build/release --prefix /out --component programs --strip \
    && deploy/runtime-packages /out/bin/* > /out/packages

FROM debian:trixie-slim AS runtime-cpu

FROM nvidia/cuda:12.6.3-base-ubuntu24.04 AS runtime-cuda

# hadolint ignore=DL3006
FROM runtime-${DEVICE}
COPY --from=build /out/packages /usr/share/tremorcast/packages
# Only the shared libraries that the programs load, and curl for the health check.
RUN apt-get update \
    && xargs -a /usr/share/tremorcast/packages apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /var/lib/tremorcast --shell /usr/sbin/nologin tremorcast
COPY --from=build /opt/libtorch/lib /opt/libtorch/lib
COPY --from=build /out/bin/ /usr/local/bin/
COPY --from=build /out/share/ /usr/local/share/
USER tremorcast
WORKDIR /var/lib/tremorcast
EXPOSE 50051 9464
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s CMD curl -fsS http://127.0.0.1:9464/healthz || exit 1
ENTRYPOINT ["tremorcast-server"]
CMD ["--help"]
