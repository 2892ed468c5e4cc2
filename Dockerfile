# One image with server, trainer and client. It is built with the same deploy/install-packages that a plain Debian machine uses.
FROM debian:trixie AS build
WORKDIR /src
COPY deploy/install-packages deploy/install-packages
RUN deploy/install-packages --build
COPY . .
RUN cmake --preset release && cmake --build --preset release \
    && mkdir -p /out/bin && cp build/release/bin/tremorcast* /out/bin/ && strip /out/bin/* \
    && deploy/runtime-packages /out/bin/* > /out/packages

FROM debian:trixie-slim
COPY --from=build /out/packages /usr/share/tremorcast/packages
# Only the shared libraries that the programs load, xz for compressed input and curl for the health check.
RUN apt-get update \
    && xargs -a /usr/share/tremorcast/packages apt-get install -y --no-install-recommends ca-certificates curl xz-utils \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/tremorcast tremorcast
COPY --from=build /out/bin/ /usr/local/bin/
USER tremorcast
WORKDIR /var/lib/tremorcast
EXPOSE 50051 9464
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s CMD curl -fsS http://127.0.0.1:9464/healthz || exit 1
ENTRYPOINT ["tremorcast-server"]
CMD ["--help"]
