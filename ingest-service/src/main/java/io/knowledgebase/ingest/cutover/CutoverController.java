package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.inspect.Inspection;
import io.knowledgebase.ingest.cutover.inspect.Report;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The move over HTTP, for operators. */
@RestController
@RequestMapping("/v1/cutover")
final class CutoverController {

    private final Cutover cutover;

    CutoverController(Cutover cutover) {
        this.cutover = cutover;
    }

    /**
     * What is taken over.
     *
     * @param sqlite absolute path of the file, as this service sees it
     */
    record Source(@Nullable String sqlite) {

        Path file() {
            if (sqlite == null || sqlite.isBlank()) {
                throw Problem.badField("sqlite", "sqlite is the path of the application's file.");
            }
            try {
                return Path.of(sqlite).normalize();
            } catch (InvalidPathException e) {
                throw Problem.badField("sqlite", "sqlite is no path.");
            }
        }
    }

    @GetMapping
    Cutover.Status status(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.status();
    }

    @GetMapping("/report")
    Evidence report(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.evidence();
    }

    @PostMapping("/inspect")
    Report inspect(Caller caller, @RequestBody Source source) {
        caller.require(Caller.ADMIN);
        return Inspection.of(source.file());
    }

    @PostMapping("/verifications")
    @ResponseStatus(HttpStatus.ACCEPTED)
    CutoverStore.Verified verify(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.verify();
    }

    @GetMapping("/verifications/{id}")
    CutoverStore.Verified verification(Caller caller, @PathVariable long id) {
        caller.require(Caller.ADMIN);
        return cutover.verification(id);
    }

    /** Whether it is done although something speaks against it. */
    record Completion(@Nullable Boolean force) {}

    @PostMapping("/complete")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status complete(Caller caller, @RequestBody(required = false) @Nullable Completion wish) {
        caller.require(Caller.ADMIN);
        return cutover.complete(wish != null && Boolean.TRUE.equals(wish.force()));
    }

    @PostMapping("/rollback")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status rollBack(Caller caller, @RequestBody(required = false) @Nullable Completion wish) {
        caller.require(Caller.ADMIN);
        return cutover.rollBack(wish != null && Boolean.TRUE.equals(wish.force()));
    }

    @PostMapping("/close")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status close(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.close();
    }

    @PostMapping("/clean")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status clean(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.clean();
    }

    @PostMapping("/start")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status start(Caller caller, @RequestBody Source source) {
        caller.require(Caller.ADMIN);
        return cutover.start(source.file());
    }
}
