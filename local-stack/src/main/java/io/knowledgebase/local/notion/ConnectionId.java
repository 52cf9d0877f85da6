package io.knowledgebase.local.notion;

import java.util.UUID;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A connection's id as {@code kb notion status} shows it. */
final class ConnectionId implements ITypeConverter<UUID> {

    @Override
    public UUID convert(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(text + " is no connection's id; kb notion status shows them");
        }
    }
}
