package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Resident memory of the services, as Linux counts it. */
public final class ServiceMemory {

    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private ServiceMemory() {}

    /** MiB of each service that runs on this machine. */
    public static Map<Service, Long> residentMebibytes(Home home) {
        Map<Service, Long> memory = new EnumMap<>(Service.class);
        for (Service service : Service.values()) {
            new ServiceProcess(home, service)
                    .process()
                    .ifPresent(process ->
                            residentMebibytes(process.pid()).ifPresent(resident -> memory.put(service, resident)));
        }
        return memory;
    }

    /** Empty if there is no such process. */
    static OptionalLong residentMebibytes(long pid) {
        try {
            Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
            return resident.find() ? OptionalLong.of(Long.parseLong(resident.group(1)) / 1024) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
