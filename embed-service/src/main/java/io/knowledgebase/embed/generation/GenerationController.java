package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The generations over HTTP, for operators. */
@RestController
@RequestMapping("/v1/generations")
final class GenerationController {

    private final GenerationOperations operations;

    GenerationController(GenerationOperations operations) {
        this.operations = operations;
    }

    /** All there are, the newest first. */
    record Listing(List<GenerationView> generations) {}

    @GetMapping
    Listing list(Caller caller) {
        caller.require(Caller.ADMIN);
        return new Listing(operations.all());
    }

    @GetMapping("/{generation}")
    GenerationView one(Caller caller, @PathVariable String generation) {
        caller.require(Caller.ADMIN);
        return operations.get(number(generation));
    }

    /**
     * What a new generation is to be like; null means as the live one.
     *
     * @param freshVectors whether every vector is to be computed anew
     * @param promoteWhenReady whether searches are to read it as soon as it is verified
     */
    record Wish(
            @Nullable String model,
            @Nullable Integer chunkTokens,
            @Nullable Integer overlapTokens,
            @Nullable String analysis,
            @Nullable Boolean freshVectors,
            @Nullable Boolean promoteWhenReady) {}

    @PostMapping
    ResponseEntity<GenerationView> create(Caller caller, @RequestBody(required = false) @Nullable Wish wish) {
        caller.require(Caller.ADMIN);
        GenerationView created = operations.create(wish == null ? new Wish(null, null, null, null, null, null) : wish);
        return ResponseEntity.created(URI.create("/v1/generations/" + created.generation()))
                .body(created);
    }

    @PostMapping("/{generation}/verify")
    GenerationView verify(Caller caller, @PathVariable String generation) {
        caller.require(Caller.ADMIN);
        return operations.verify(number(generation));
    }

    @PostMapping("/{generation}/promote")
    GenerationView promote(Caller caller, @PathVariable String generation) {
        caller.require(Caller.ADMIN);
        return operations.promote(number(generation));
    }

    @PostMapping("/{generation}/rollback")
    GenerationView rollback(Caller caller, @PathVariable String generation) {
        caller.require(Caller.ADMIN);
        return operations.rollback(number(generation));
    }

    @DeleteMapping("/{generation}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    GenerationView drop(Caller caller, @PathVariable String generation) {
        caller.require(Caller.ADMIN);
        return operations.drop(number(generation));
    }

    private static int number(String generation) {
        try {
            return Integer.parseInt(generation);
        } catch (NumberFormatException e) {
            throw Problem.badField("generation", "generation is a number, as the list of generations has it.");
        }
    }
}
