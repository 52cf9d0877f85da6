package io.knowledgebase.search.search;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import io.knowledgebase.search.SearchApplication;
import io.knowledgebase.vectorizer.DenseVectorizer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The search service over HTTP, as the role kb_search of a database that the subclass prepares. */
@SpringBootTest(classes = SearchApplication.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
abstract class SearchOverHttp {

    static final String SECRET = "only-for-tests-0123456789-0123456789";

    static final String SEARCH_PASSWORD = "only-for-tests";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @LocalServerPort
    private int port;

    @Autowired
    DenseVectorizer dense;

    @Autowired
    QueryModels models;

    @Autowired
    JdbcTemplate asSearch;

    static void prepare(PostgresCluster cluster, String database) throws SQLException {
        String url = cluster.createDatabase(database);
        Database.migrate(url, cluster.user(), cluster.password());
        Database.setPasswords(url, cluster.user(), cluster.password(), Map.of("kb_search", SEARCH_PASSWORD));
    }

    static void settings(DynamicPropertyRegistry registry, String url) {
        registry.add("spring.datasource.url", () -> url);
        registry.add("spring.datasource.username", () -> "kb_search");
        registry.add("spring.datasource.password", () -> SEARCH_PASSWORD);
        registry.add("kb.access.secret", () -> SECRET);
    }

    /** A status and a body. */
    record Answer(int status, JsonNode body, HttpResponse<String> response) {}

    Answer search(String user, String json) {
        return post("/v1/search", token(user), json);
    }

    Answer post(String path, String token, String json) {
        return send(request(path, token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json, StandardCharsets.UTF_8)));
    }

    Answer get(String path, String token) {
        return send(request(path, token));
    }

    HttpRequest.Builder request(String path, String token) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }

    static Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            JsonNode body =
                    response.headers().firstValue("Content-Type").orElse("").contains("json")
                            ? JsonMapper.shared().readTree(response.body())
                            : JsonMapper.shared().createObjectNode();
            return new Answer(response.statusCode(), body, response);
        } catch (IOException e) {
            throw new IllegalStateException("the service does not answer", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static String token(String user) {
        return token(new JWTClaimsSet.Builder().claim("user_id", user));
    }

    static String token(JWTClaimsSet.Builder claims) {
        return token(claims, Instant.now().plusSeconds(3600), SECRET);
    }

    static String token(JWTClaimsSet.Builder claims, Instant expires, String secret) {
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader(JWSAlgorithm.HS256),
                    claims.expirationTime(Date.from(expires)).build());
            token.sign(new MACSigner(secret));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
