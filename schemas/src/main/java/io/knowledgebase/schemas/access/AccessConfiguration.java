package io.knowledgebase.schemas.access;

import io.knowledgebase.schemas.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.json.ProblemDetailJacksonMixin;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.jose.jws.MacAlgorithm;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTypeValidator;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.web.authentication.BearerTokenAuthenticationFilter;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import tools.jackson.databind.json.JsonMapper;

/** A bearer token on everything but health, metrics, the console's page and the Notion webhook. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AccessSettings.class)
public class AccessConfiguration {

    private static final Logger LOG = LoggerFactory.getLogger(AccessConfiguration.class);
    private static final Pattern HEADER_VALUE = Pattern.compile("[\\p{IsAssigned}&&[^\\p{IsControl}]]*");
    private static final int HS256_KEY_BYTES = 32;
    private static final JsonMapper PROBLEMS = JsonMapper.builder()
            .addMixIn(ProblemDetail.class, ProblemDetailJacksonMixin.class)
            .build();

    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        AuthenticationEntryPoint refuse = AccessConfiguration::refuse;
        return http.csrf(csrf -> csrf.disable())
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests.requestMatchers("/v1/webhooks/notion")
                        .permitAll()
                        .requestMatchers("/v1/**")
                        .authenticated()
                        .anyRequest()
                        .permitAll())
                .oauth2ResourceServer(server -> server.jwt(jwt -> {})
                        .authenticationEntryPoint(refuse)
                        .withObjectPostProcessor(new ObjectPostProcessor<BearerTokenAuthenticationFilter>() {
                            @Override
                            public <T extends BearerTokenAuthenticationFilter> T postProcess(T filter) {
                                filter.setAuthenticationFailureHandler(AccessConfiguration::refuse);
                                return filter;
                            }
                        }))
                .exceptionHandling(handling -> handling.authenticationEntryPoint(refuse))
                .build();
    }

    /** 401, or 503 if the token cannot be verified because the key set cannot be read. */
    private static void refuse(
            HttpServletRequest request, HttpServletResponse response, AuthenticationException failure)
            throws IOException {
        HttpStatus status = HttpStatus.UNAUTHORIZED;
        String detail = request.getHeader(HttpHeaders.AUTHORIZATION) == null
                ? "Send a token in the header Authorization: Bearer."
                : "The token is not valid or has expired.";
        if (failure instanceof AuthenticationServiceException) {
            LOG.warn("event=keys-away cause=\"{}\"", failure.getMessage());
            status = HttpStatus.SERVICE_UNAVAILABLE;
            detail = "The keys that tokens are verified with cannot be read.";
            response.setHeader(HttpHeaders.RETRY_AFTER, Problem.RETRY_AFTER_SECONDS);
        } else {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        response.setStatus(status.value());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setInstance(URI.create(request.getRequestURI()));
        response.getOutputStream().write(PROBLEMS.writeValueAsBytes(problem));
    }

    @Bean
    JwtDecoder jwtDecoder(AccessSettings settings) {
        if (settings.jwksUri() != null) {
            return keySetDecoder(
                    settings.jwksUri(),
                    Objects.requireNonNull(settings.issuer()),
                    Objects.requireNonNull(settings.audience()));
        }
        byte[] secret = Objects.requireNonNull(settings.secret()).getBytes(StandardCharsets.UTF_8);
        // HMAC pads a short key with zeros, so this key makes the same signatures as the shorter legacy secret.
        byte[] key = Arrays.copyOf(secret, Math.max(secret.length, HS256_KEY_BYTES));
        return NimbusJwtDecoder.withSecretKey(new SecretKeySpec(key, "HmacSHA256"))
                .macAlgorithm(MacAlgorithm.HS256)
                .build();
    }

    private static JwtDecoder keySetDecoder(String jwksUri, String issuer, String audience) {
        JwtTypeValidator type = new JwtTypeValidator("JWT", "at+jwt", "application/at+jwt");
        type.setAllowEmpty(true);
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withJwkSetUri(jwksUri)
                .jwsAlgorithms(algorithms -> algorithms.addAll(Arrays.asList(SignatureAlgorithm.values())))
                .validateType(false)
                .build();
        decoder.setJwtValidator(JwtValidators.createDefaultWithValidators(
                type, new JwtIssuerValidator(issuer), new JwtAudienceValidator(audience)));
        return decoder;
    }

    /** As strict as by default, but about what clients send: UTF-8, which Tomcat decodes as ISO-8859-1. */
    @Bean
    HttpFirewall httpFirewall() {
        StrictHttpFirewall firewall = new StrictHttpFirewall();
        firewall.setAllowedHeaderValues(value -> HEADER_VALUE
                .matcher(new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                .matches());
        return firewall;
    }

    @Bean
    WebMvcConfigurer callers(JdbcClient jdbc) {
        KnownUsers knownUsers = new KnownUsers(
                user -> jdbc.sql("select ensure_user(:user)")
                        .param("user", user)
                        .query()
                        .listOfRows(),
                Clock.systemUTC());
        return new WebMvcConfigurer() {
            @Override
            public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
                resolvers.add(new CallerResolver(knownUsers));
            }
        };
    }
}
