package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.home.Service;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Looks at the services' resident memory every second until it is closed. */
final class MemoryWatch implements AutoCloseable {

    private static final long PERIOD_MS = 1_000;

    private final Map<Service, List<Long>> samples = new EnumMap<>(Service.class);
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    /**
     * How much a service had.
     *
     * @param firstQuarterMebibytes average over the first quarter of the time; the last quarter's is much higher where
     *     memory leaks
     */
    record Memory(long firstQuarterMebibytes, long lastQuarterMebibytes, long maximumMebibytes) {

        /** From at least one sample, in order. */
        static Memory of(List<Long> mebibytes) {
            int quarter = Math.max(1, mebibytes.size() / 4);
            return new Memory(
                    average(mebibytes.subList(0, quarter)),
                    average(mebibytes.subList(mebibytes.size() - quarter, mebibytes.size())),
                    mebibytes.stream().mapToLong(Long::longValue).max().orElseThrow());
        }

        private static long average(List<Long> mebibytes) {
            return Math.round(
                    mebibytes.stream().mapToLong(Long::longValue).average().orElseThrow());
        }
    }

    private MemoryWatch() {}

    static MemoryWatch begin(Supplier<Map<Service, Long>> residentMebibytes) {
        MemoryWatch watch = new MemoryWatch();
        var unused = watch.clock.scheduleWithFixedDelay(
                () -> watch.add(residentMebibytes.get()), 0, PERIOD_MS, TimeUnit.MILLISECONDS);
        return watch;
    }

    private synchronized void add(Map<Service, Long> mebibytes) {
        mebibytes.forEach((service, resident) ->
                samples.computeIfAbsent(service, any -> new ArrayList<>()).add(resident));
    }

    /** Of each service that ran on this machine. */
    synchronized Map<Service, Memory> memory() {
        Map<Service, Memory> memory = new EnumMap<>(Service.class);
        samples.forEach((service, resident) -> memory.put(service, Memory.of(resident)));
        return memory;
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
