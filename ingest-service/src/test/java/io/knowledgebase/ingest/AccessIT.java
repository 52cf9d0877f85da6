package io.knowledgebase.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import io.knowledgebase.ingest.IngestService.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessIT {

    private static final String ISSUER = "https://id.example";
    private static final String AUDIENCE = "kb";

    private static RSAKey rsa;
    private static ECKey ec;
    private static HttpServer provider;
    private static volatile int providerStatus = 200;
    private static IngestService service;

    @BeforeAll
    static void start() throws Exception {
        rsa = new RSAKeyGenerator(2048).keyID("rsa").generate();
        ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
        byte[] keys = new JWKSet(List.of(rsa, ec)).toString().getBytes(StandardCharsets.UTF_8);
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.createContext("/keys", exchange -> {
            exchange.sendResponseHeaders(providerStatus, keys.length);
            exchange.getResponseBody().write(keys);
            exchange.close();
        });
        provider.start();
        service = IngestService.start(
                "access",
                "kb.access.secret=",
                "kb.access.jwks-uri=http://127.0.0.1:" + provider.getAddress().getPort() + "/keys",
                "kb.access.issuer=" + ISSUER,
                "kb.access.audience=" + AUDIENCE);
    }

    @AfterAll
    static void stop() {
        service.close();
        provider.stop(0);
    }

    @ParameterizedTest
    @CsvSource({"RS256, JWT", "RS512, at+jwt", "PS256, at+jwt", "PS384,", "ES256, JWT"})
    void tokensOfTheProviderAreAcceptedWhateverTheirAlgorithm(String algorithm, String type) throws Exception {
        list(sign(algorithm, type, claims("ann").build())).is(200);
    }

    @Test
    void tokensForOthersAreRefused() throws Exception {
        list(sign("RS256", "JWT", claims("ann").issuer("https://other.example").build()))
                .is(401);
        list(sign("RS256", "JWT", claims("ann").issuer(null).build())).is(401);
        list(sign("RS256", "JWT", claims("ann").audience("other").build())).is(401);
        list(sign("RS256", "JWT", claims("ann").audience((String) null).build()))
                .is(401);
        list(sign("RS256", "logout+jwt", claims("ann").build())).is(401);
        list(sign(
                        "RS256",
                        "JWT",
                        claims("ann")
                                .expirationTime(Date.from(Instant.now().minusSeconds(3600)))
                                .build()))
                .is(401);
    }

    @Test
    void publicKeyIsNoSecret() throws Exception {
        SignedJWT forged = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa").build(),
                claims("ann").build());
        forged.sign(new MACSigner(rsa.toRSAPublicKey().getEncoded()));

        list(forged.serialize()).is(401);
    }

    @Test
    void withoutTheProviderTheClientIsToldToComeBack() throws Exception {
        RSAKey rotated = new RSAKeyGenerator(2048).keyID("rotated").generate();
        String token = sign(
                new RSASSASigner(rotated),
                "RS256",
                "rotated",
                "JWT",
                claims("ann").build());
        providerStatus = 500;
        try {
            Answer answer = list(token).is(503);

            assertThat(answer.header("Retry-After")).isNotNull();
            assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
            assertThat(answer.json().get("title").stringValue()).isEqualTo("Service Unavailable");
        } finally {
            providerStatus = 200;
        }
        list(token).is(401);
    }

    @Test
    void tokenWithoutAUserIsRefused() throws Exception {
        Answer answer = list(sign("RS256", "JWT", claims(null).build())).is(401);

        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        list(sign("RS256", "JWT", claims("u".repeat(256)).build())).is(401);
    }

    @Test
    void scopesMayBeRepeated() throws Exception {
        String token = sign(
                "RS256",
                "JWT",
                claims("chat").claim("scope", "kb:act-as x kb:act-as").build());

        assertThat(listFor("ann", StandardCharsets.UTF_8, token)).startsWith("HTTP/1.1 200");
    }

    @Test
    void userThatIsNamedIsReadAsUtf8() throws Exception {
        String token =
                sign("RS256", "JWT", claims("chat").claim("scope", "kb:act-as").build());

        assertThat(listFor("Jörg 文", StandardCharsets.UTF_8, token)).startsWith("HTTP/1.1 200");
        assertThat(listFor("Jörg", StandardCharsets.ISO_8859_1, token)).startsWith("HTTP/1.1 400");
        assertThat(listFor("J\u0085", StandardCharsets.UTF_8, token)).startsWith("HTTP/1.1 400");

        assertThat(service.count("users where user_id = 'Jörg 文'")).isEqualTo(1);
        assertThat(service.count("users where user_id like 'J%'")).isEqualTo(1);
    }

    private static JWTClaimsSet.Builder claims(String user) {
        return new JWTClaimsSet.Builder().subject(user).issuer(ISSUER).audience(AUDIENCE);
    }

    private static String sign(String algorithm, String type, JWTClaimsSet claims) throws Exception {
        return algorithm.startsWith("ES")
                ? sign(new ECDSASigner(ec), algorithm, "ec", type, claims)
                : sign(new RSASSASigner(rsa), algorithm, "rsa", type, claims);
    }

    private static String sign(JWSSigner signer, String algorithm, String keyId, String type, JWTClaimsSet claims)
            throws Exception {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.parse(algorithm))
                        .keyID(keyId)
                        .type(type == null ? null : new JOSEObjectType(type))
                        .build(),
                claims);
        token.sign(signer);
        return token.serialize();
    }

    private static Answer list(String token) {
        return service.send(
                HttpRequest.newBuilder(service.uri("/v1/documents")).header("Authorization", "Bearer " + token));
    }

    /** The status line; Java's own client writes nothing but ASCII into a header. */
    private static String listFor(String user, Charset charset, String token) throws IOException {
        URI uri = service.uri("/v1/documents");
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.getOutputStream()
                    .write(("GET /v1/documents HTTP/1.1\r\nHost: kb\r\nConnection: close\r\nAuthorization: Bearer "
                                    + token + "\r\nX-KB-User: " + user + "\r\n\r\n")
                            .getBytes(charset));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElseThrow();
        }
    }
}
