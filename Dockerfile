# The controller's image: the program without the local cluster, on what Debian 12 has.
#
#   docker build -t REGISTRY/sluice:0.1.0 .
FROM debian:12-slim AS build
WORKDIR /source
COPY tools/setup tools/setup
RUN tools/setup image
COPY . .
RUN cmake --preset release -DSLUICE_LOCAL=OFF -Wno-dev && cmake --build --preset release --target sluice

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libboost-url1.81.0 libfmt9 libprometheus-cpp-core1.0 libre2-9 \
    libspdlog1.10 libssl3 libyaml-cpp0.7 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /source/build/release/sluice /usr/local/bin/sluice
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/sluice"]
CMD ["controller"]
