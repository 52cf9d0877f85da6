package io.knowledgebase.local.home;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A PostgreSQL database and the administrator's login.
 *
 * @param jdbcUrl without user and password
 */
public record DatabaseAddress(String jdbcUrl, String user, String password) {

    private static final int PORT = 5432;

    /** From {@code postgresql://user:password@host:port/database} or the same as a JDBC URL. */
    static DatabaseAddress parse(String url) {
        String plain = url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url;
        try {
            URI uri = new URI(plain);
            if (uri.getHost() == null || !List.of("postgresql", "postgres").contains(uri.getScheme())) {
                throw malformed();
            }
            String user = "";
            String password = "";
            if (uri.getRawUserInfo() != null) {
                String[] login = uri.getRawUserInfo().split(":", 2);
                user = decoded(login[0]);
                password = login.length > 1 ? decoded(login[1]) : "";
            }
            List<String> rest = new ArrayList<>();
            if (uri.getRawQuery() != null) {
                for (String parameter : uri.getRawQuery().split("&", -1)) {
                    if (parameter.startsWith("user=")) {
                        user = decoded(parameter.substring("user=".length()));
                    } else if (parameter.startsWith("password=")) {
                        password = decoded(parameter.substring("password=".length()));
                    } else {
                        rest.add(parameter);
                    }
                }
            }
            if (user.isEmpty() || uri.getPath().length() < 2) {
                throw malformed();
            }
            String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
            String query = rest.isEmpty() ? "" : "?" + String.join("&", rest);
            return new DatabaseAddress(
                    "jdbc:postgresql://" + uri.getHost() + port + uri.getPath() + query, user, password);
        } catch (URISyntaxException e) {
            throw malformed();
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static CommandFailedException malformed() {
        return CommandFailedException.usage(
                "KB_DATABASE_URL is not understood",
                "write postgresql://user:password@host:port/database, with an administrator's login");
    }

    /** The same for PostgreSQL's own programs; the password is not in it. */
    public String libpqUrl() {
        String url = jdbcUrl.substring("jdbc:".length());
        String login = URLEncoder.encode(user, StandardCharsets.UTF_8).replace("+", "%20");
        return url.replaceFirst("://", "://" + login + "@");
    }

    /** The name of the database. */
    public String name() {
        return uri().getPath().substring(1);
    }

    /** The server's name. */
    String host() {
        return uri().getHost();
    }

    /** The server's port. */
    int port() {
        int port = uri().getPort();
        return port < 0 ? PORT : port;
    }

    private URI uri() {
        return URI.create(jdbcUrl.substring("jdbc:".length()));
    }

    /** Another database of the same server. */
    public DatabaseAddress named(String name) {
        URI uri = uri();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new DatabaseAddress("jdbc:postgresql://" + uri.getRawAuthority() + "/" + name + query, user, password);
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl, user, password);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return user + "@" + jdbcUrl;
    }
}
