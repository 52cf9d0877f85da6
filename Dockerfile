# All images of docker-compose.yml, one target each. Needs BuildKit, which is Docker's default since 23.

FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /kb
COPY . .
RUN --mount=type=cache,target=/root/.m2,sharing=locked \
    mvn -B -ntp -Dmaven.test.skip=true -Dspotless.check.skip=true package
# Libraries, which seldom change, apart from the project's own classes, so that they become layers of their own.
RUN extract() { java -Djarmode=tools -jar "$1" extract --layers --application-filename service.jar --destination "$2"; } \
    && extract ingest-service/target/ingest-service.jar /image/ingest-service \
    && extract embed-service/target/embed-service.jar /image/embed-service \
    && extract search-service/target/search-service.jar /image/search-service

# Ubuntu, not Alpine: ONNX Runtime needs glibc.
FROM eclipse-temurin:17-jre-noble AS runtime
# The health checks of docker-compose.yml call curl: better no image than one that never gets healthy.
RUN curl --version \
    && groupadd --gid 10001 kb \
    && useradd --uid 10001 --gid kb --no-create-home --home-dir /app --shell /usr/sbin/nologin kb
WORKDIR /app
USER kb

FROM runtime AS service
# The rest of the container's memory is for threads, classes, buffers, and the model in native memory.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/service.jar"]

FROM service AS ingest-service
COPY --from=build /image/ingest-service/dependencies/ ./
COPY --from=build /image/ingest-service/snapshot-dependencies/ /image/ingest-service/application/ ./

FROM service AS embed-service
# Most of the container's memory is for the workers, processes that parse documents.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=20", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/service.jar"]
COPY --from=build /image/embed-service/dependencies/ ./
COPY --from=build /image/embed-service/snapshot-dependencies/ /image/embed-service/application/ ./

FROM service AS search-service
COPY --from=build /image/search-service/dependencies/ ./
COPY --from=build /image/search-service/snapshot-dependencies/ /image/search-service/application/ ./

FROM runtime AS migrate
COPY --from=build /kb/local-stack/target/lib ./lib
COPY --from=build /kb/local-stack/target/local-stack.jar ./
ENTRYPOINT ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", "/app/local-stack.jar:/app/lib/*", "io.knowledgebase.local.Kb"]
CMD ["migrate"]
