package io.knowledgebase.embed.parse;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Takes from this process, for good, what a parser has no business with: the network, other processes, new programs
 * (seccomp), and all files but its own folder and what Java needs to read (Landlock). Neither wants privileges, so it
 * works in containers too. See seccomp(2), landlock(7).
 */
final class Confinement {

    private static final int PR_SET_NO_NEW_PRIVS = 38;

    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private static final int SECCOMP_RET_ALLOW = 0x7fff0000;
    private static final int SECCOMP_RET_EACCES = 0x00050000 | 13;
    private static final int BPF_LOAD_WORD = 0x20;
    private static final int BPF_JUMP_IF_EQUAL = 0x15;
    private static final int BPF_JUMP_IF_GREATER_OR_EQUAL = 0x35;
    private static final int BPF_RETURN = 0x06;
    private static final int OFFSET_OF_NUMBER = 0;
    private static final int OFFSET_OF_ARCHITECTURE = 4;

    private static final int LANDLOCK_CREATE_RULESET = 444;
    private static final int LANDLOCK_ADD_RULE = 445;
    private static final int LANDLOCK_RESTRICT_SELF = 446;
    private static final int LANDLOCK_CREATE_RULESET_VERSION = 1;
    private static final int LANDLOCK_RULE_PATH_BENEATH = 1;
    private static final int O_PATH_CLOEXEC = 0x200000 | 0x80000;
    private static final long READ = 0b1100;
    private static final long READ_AND_EXECUTE = READ | 0b1;
    private static final long READ_FILE = 0b0100;
    private static final long READ_AND_WRITE_FILE = 0b0110;
    /** Rights by version of the interface: 13 at first, then refer, truncate, and ioctl. */
    private static final Map<Long, Long> ALL_RIGHTS = Map.of(1L, 0x1fffL, 2L, 0x3fffL, 3L, 0x7fffL, 4L, 0x7fffL);

    private static final long ALL_RIGHTS_NOW = 0xffffL;
    /** Abstract sockets and signals to processes outside; since version 6. */
    private static final long ALL_SCOPES = 0b11;

    /** What Java and fontconfig read besides their own folders. */
    private static final List<String> SYSTEM = List.of(
            "/usr",
            "/lib",
            "/lib64",
            "/etc/fonts",
            "/etc/ld.so.cache",
            "/etc/localtime",
            "/etc/timezone",
            "/etc/alternatives",
            "/proc/self",
            "/proc/meminfo",
            "/proc/cpuinfo",
            "/proc/stat",
            "/proc/mounts",
            "/proc/sys",
            "/sys/fs/cgroup",
            "/sys/devices/system",
            "/sys/kernel/mm",
            "/var/cache/fontconfig");

    private static final List<String> DEVICES = List.of("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom");

    private Confinement() {}

    /** Numbers of system calls, which differ by architecture. */
    @SuppressWarnings("ImmutableEnumChecker") // nobody changes them
    private enum Architecture {
        X86_64(
                0xc000003e,
                317,
                157,
                41,
                42,
                49,
                50,
                288,
                43,
                101,
                310,
                311,
                425,
                438,
                321,
                298,
                62,
                200,
                129,
                297,
                424,
                59,
                322),
        AARCH64(
                0xc00000b7,
                277,
                167,
                198,
                203,
                200,
                201,
                242,
                202,
                117,
                270,
                271,
                425,
                438,
                280,
                241,
                129,
                130,
                138,
                240,
                424,
                221,
                281);

        private final int audit;
        private final int seccomp;
        private final int prctl;
        /**
         * socket, connect, bind, listen, accept4, accept, ptrace, process_vm_readv, process_vm_writev, io_uring_setup,
         * pidfd_getfd, bpf, perf_event_open, kill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal, execve,
         * execveat. A socketpair leads nowhere, and Java closes files with it; with tgkill it wakes its own threads.
         */
        private final int[] denied;

        Architecture(int audit, int seccomp, int prctl, int... denied) {
            this.audit = audit;
            this.seccomp = seccomp;
            this.prctl = prctl;
            this.denied = denied;
        }

        private int[] denied(boolean startsPrograms) {
            return startsPrograms ? Arrays.copyOf(denied, denied.length - 2) : denied;
        }
    }

    /**
     * Locks this process in.
     *
     * @param folder the one folder that may be written to
     * @param configuration a file that is read besides what Java needs
     * @param startsPrograms whether it may start programs, which are then locked in with it
     * @throws IllegalStateException if the system cannot do that
     */
    static void enter(Path folder, Path configuration, boolean startsPrograms) throws IOException {
        Architecture architecture = switch (System.getProperty("os.name") + "/" + System.getProperty("os.arch")) {
            case "Linux/amd64" -> Architecture.X86_64;
            case "Linux/aarch64" -> Architecture.AARCH64;
            default ->
                throw new IllegalStateException("on this system workers cannot be locked in;"
                        + " kb.extract.confined=false lets them run free");
        };
        call(architecture.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        restrictFiles(folder.toRealPath(), configuration.toRealPath());
        restrictCalls(architecture, startsPrograms);
        requireNoNetwork();
    }

    private static void restrictCalls(Architecture architecture, boolean startsPrograms) {
        int[] denied = architecture.denied(startsPrograms);
        int instructions = denied.length + 6;
        try (Memory filter = new Memory(instructions * 8L);
                Memory program = new Memory(16)) {
            ByteBuffer code = filter.getByteBuffer(0, filter.size()).order(ByteOrder.nativeOrder());
            int toDeny = denied.length + 2;
            instruction(code, BPF_LOAD_WORD, 0, 0, OFFSET_OF_ARCHITECTURE);
            instruction(code, BPF_JUMP_IF_EQUAL, 0, toDeny + 1, architecture.audit);
            instruction(code, BPF_LOAD_WORD, 0, 0, OFFSET_OF_NUMBER);
            instruction(code, BPF_JUMP_IF_GREATER_OR_EQUAL, toDeny - 1, 0, 0x40000000); // another table of calls
            for (int i = 0; i < denied.length; i++) {
                instruction(code, BPF_JUMP_IF_EQUAL, denied.length - i, 0, denied[i]);
            }
            instruction(code, BPF_RETURN, 0, 0, SECCOMP_RET_ALLOW);
            instruction(code, BPF_RETURN, 0, 0, SECCOMP_RET_EACCES);
            program.setShort(0, (short) instructions);
            program.setPointer(8, filter);
            call(architecture.seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program, 0, 0);
        }
    }

    private static void instruction(ByteBuffer code, int operation, int ifTrue, int ifFalse, int operand) {
        code.putShort((short) operation).put((byte) ifTrue).put((byte) ifFalse).putInt(operand);
    }

    private static void restrictFiles(Path folder, Path configuration) throws IOException {
        long version = syscall(LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0, 0);
        if (version < 1) {
            throw new IllegalStateException(
                    "this system has no Landlock; kb.extract.confined=false lets workers run free");
        }
        long rights = ALL_RIGHTS.getOrDefault(version, ALL_RIGHTS_NOW);
        try (Memory ruleset = new Memory(24)) {
            ruleset.setLong(0, rights);
            ruleset.setLong(8, 0); // of the network: seccomp has the sockets
            ruleset.setLong(16, version >= 6 ? ALL_SCOPES : 0);
            long size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
            long rules = call(LANDLOCK_CREATE_RULESET, ruleset, size, 0, 0, 0);
            allow(rules, folder, rights);
            allow(rules, configuration, READ_FILE);
            for (Path readable : readable()) {
                allow(rules, readable, Files.isDirectory(readable) ? READ_AND_EXECUTE : READ_FILE);
            }
            DEVICES.stream()
                    .map(Path::of)
                    .filter(Files::exists)
                    .forEach(device -> allow(rules, device, READ_AND_WRITE_FILE));
            call(LANDLOCK_RESTRICT_SELF, rules, 0, 0, 0, 0);
        }
    }

    private static Set<Path> readable() throws IOException {
        Set<Path> paths = new LinkedHashSet<>();
        Path java = Path.of(System.getProperty("java.home")).toRealPath();
        paths.add(java);
        try (Stream<Path> files = Files.walk(java)) { // Debian keeps Java's configuration below /etc
            for (Path link :
                    files.filter(Files::isSymbolicLink).filter(Files::exists).toList()) {
                paths.add(link.toRealPath());
            }
        }
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (Files.exists(Path.of(entry))) {
                paths.add(Path.of(entry).toRealPath());
                Path libraries = Path.of(entry).toRealPath().resolveSibling("lib");
                if (Files.isDirectory(libraries)) {
                    paths.add(libraries);
                }
            }
        }
        SYSTEM.stream().map(Path::of).filter(Files::exists).forEach(paths::add);
        return paths;
    }

    private static void allow(long rules, Path path, long rights) {
        int descriptor = CLibrary.open(path.toString(), O_PATH_CLOEXEC);
        if (descriptor < 0) {
            throw new IllegalStateException("cannot open " + path + ": error " + Native.getLastError());
        }
        try (Memory rule = new Memory(12)) {
            rule.setLong(0, rights);
            rule.setInt(8, descriptor);
            call(LANDLOCK_ADD_RULE, rules, LANDLOCK_RULE_PATH_BENEATH, rule, 0, 0);
        } finally {
            CLibrary.close(descriptor);
        }
    }

    private static void requireNoNetwork() {
        try (Socket socket = new Socket()) {
            socket.setReuseAddress(true); // makes the socket
            throw new IllegalStateException("the network is still open");
        } catch (IOException e) {
            // as it should be
        }
    }

    private static long call(long number, Object... arguments) {
        long result = syscall(number, arguments);
        if (result < 0) {
            throw new IllegalStateException("system call " + number + " failed with error " + Native.getLastError()
                    + "; kb.extract.confined=false lets workers run free");
        }
        return result;
    }

    private static long syscall(long number, Object... arguments) {
        NativeLong[] words = Arrays.stream(arguments)
                .map(argument -> new NativeLong(
                        argument instanceof Pointer pointer
                                ? Pointer.nativeValue(pointer)
                                : ((Number) argument).longValue()))
                .toArray(NativeLong[]::new);
        return CLibrary.syscall(new NativeLong(number), words[0], words[1], words[2], words[3], words[4])
                .longValue();
    }

    private static final class CLibrary {
        static {
            Native.register("c");
        }

        private CLibrary() {}

        static native NativeLong syscall(
                NativeLong number, NativeLong a, NativeLong b, NativeLong c, NativeLong d, NativeLong e);

        static native int open(String path, int flags);

        static native int close(int descriptor);
    }
}
