package io.knowledgebase.embed.turn;

/**
 * Who wants a turn.
 *
 * @param user in whose name it is done
 * @param inBackground whether nobody waits for it, so that it gives way to what somebody does wait for
 */
public record Claimant(String user, boolean inBackground) {}
